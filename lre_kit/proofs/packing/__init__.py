"""What people hold in their hands: the PDF proofs, bundles and ASiC-E containers."""
