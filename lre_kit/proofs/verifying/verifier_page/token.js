/*
 * Time-stamp tokens (RFC 3161 §2.4.2 within RFC 5652 §5): what a token stamps, when, who says so,
 * and whether its signature fits and leads to an anchor at its own time.
 */
import { ProofError, UnsupportedError, concat, digest, equal, hex } from "./bytes.js";
import { SIGNATURES, checkChain, isForTimeStampsOnly, readCertificate, verifySignature } from "./certificates.js";
import { TAG, elements, expect, oid, only, parts, positive, small, time } from "./der.js";

const SIGNED_DATA = "1.2.840.113549.1.7.2";
const TST_INFO = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
const RSA = "1.2.840.113549.1.1.1";
const RSA_PSS = "1.2.840.113549.1.1.10";
const SHA256 = "2.16.840.1.101.3.4.2.1";
const HASHES = { [SHA256]: "SHA-256", "2.16.840.1.101.3.4.2.2": "SHA-384", "2.16.840.1.101.3.4.2.3": "SHA-512" };

const refuse = (check, reason) => new ProofError(`${check}: ${reason}`, "SIG_CRYPTO_FAILURE");

// --- reading ------------------------------------------------------------------------------------

/** Take a token apart. */
function readToken(encoded) {
  const [kind, wrapped] = parts(only(encoded, TAG.sequence), TAG.sequence);
  if (oid(kind) !== SIGNED_DATA) throw new ProofError("not signed data");
  const members = parts(only(expect(wrapped, TAG.first).contents, TAG.sequence), TAG.sequence);
  const [version, digests, content] = members;
  const [contentType, inner] = parts(content, TAG.sequence);
  const signers = parts(members.at(-1), TAG.set);
  if (small(version) !== 3 || signers.length !== 1) throw new ProofError("not signed once");
  const chosen = members.slice(3, -1).find((member) => member.tag === TAG.first);
  const stamped = only(expect(inner, TAG.first).contents, TAG.octets).contents;
  const certificates = elements(chosen?.contents ?? new Uint8Array()).filter((each) => each.tag === TAG.sequence);
  return {
    contentType: oid(contentType),
    hashes: parts(digests, TAG.set).map((each) => oid(parts(each, TAG.sequence)[0])),
    stamped,
    certificates: certificates.map((each) => readCertificate(each.encoded)),
    signer: readSigner(signers[0]),
    ...readStatement(stamped),
  };
}

/** Return what a TSTInfo says. */
function readStatement(encoded) {
  const [version, , imprint, , genTime] = parts(only(encoded, TAG.sequence), TAG.sequence);
  const [algorithm, value] = parts(imprint, TAG.sequence);
  return {
    version: small(version),
    imprintAlgorithm: oid(parts(algorithm, TAG.sequence)[0]),
    imprint: expect(value, TAG.octets).contents,
    genTime: time(expect(genTime, TAG.generalizedTime)),
  };
}

function readSigner(element) {
  const [version, who, hash, signed, algorithm, signature] = parts(element, TAG.sequence);
  const [issuer, serial] = parts(who, TAG.sequence);
  if (small(version) !== 1) throw new ProofError("a signer that is not named by issuer and number");
  const attributes = new Map();
  for (const attribute of parts(signed, TAG.first)) {
    const [kind, values] = parts(attribute, TAG.sequence);
    attributes.set(oid(kind), [...(attributes.get(oid(kind)) ?? []), ...parts(values, TAG.set)]);
  }
  return {
    issuer: hex(issuer.encoded),
    serial: hex(positive(serial)),
    hash: oid(parts(hash, TAG.sequence)[0]),
    algorithm: oid(parts(algorithm, TAG.sequence)[0]),
    // RFC 5652 §5.4: signed as a SET OF, though it stands there under another tag.
    signedBytes: concat([TAG.set], signed.encoded.subarray(1)),
    signature: expect(signature, TAG.octets).contents,
    attributes,
  };
}

/** Return the one value of a signed attribute, or nothing. */
function attributeOf(signer, kind) {
  const values = signer.attributes.get(kind) ?? [];
  return values.length === 1 ? values[0] : undefined;
}

// --- checks -------------------------------------------------------------------------------------

/**
 * Check a token over a SHA-256 digest.
 * @returns {Promise<{genTime: number, certificate: object, others: object[]}>}
 */
export async function checkToken(encoded, stampedDigest, anchors) {
  const token = read(encoded);
  const { signer } = token;
  if (token.version !== 1) throw refuse("version", "the time stamp is of an unknown version");
  if (token.imprintAlgorithm !== SHA256 || !equal(token.imprint, stampedDigest)) {
    throw Object.assign(refuse("imprint", "the time stamp was made for something else"), { isImprint: true });
  }
  const certificate = await signingCertificate(token);
  if (!isForTimeStampsOnly(certificate)) throw refuse("purpose", "its certificate is not only for time stamps");
  const algorithm = algorithmOf(signer);
  await checkChainAt(certificate, token, anchors);
  const claimed = attributeOf(signer, MESSAGE_DIGEST);
  const isDigestRight =
    token.hashes.includes(signer.hash) && claimed.tag === TAG.octets &&
    equal(claimed.contents, await digest(algorithm.hash, token.stamped));
  if (!isDigestRight || !(await verifySignature(certificate, algorithm, signer.signature, signer.signedBytes))) {
    throw refuse("signature", "the time stamp's signature does not fit");
  }
  return { genTime: token.genTime, certificate, others: token.certificates };
}

function read(encoded) {
  let token;
  try {
    token = readToken(encoded);
    if (!attributeOf(token.signer, MESSAGE_DIGEST)) throw new ProofError("it does not sign its content");
    const named = attributeOf(token.signer, CONTENT_TYPE);
    if (token.contentType !== TST_INFO || oid(named) !== TST_INFO) throw new ProofError("it holds something else");
  } catch (error) {
    if (error instanceof UnsupportedError) throw error;
    throw refuse("format", "the time stamp cannot be read");
  }
  return token;
}

/** Return the certificate that ESSCertIDv2 names (RFC 5816 §2.2.1) and that the signer names too. */
async function signingCertificate({ signer, certificates }) {
  const check = "signing-certificate";
  const named = attributeOf(signer, SIGNING_CERTIFICATE_V2);
  if (!named) throw refuse(check, "the time stamp does not name its certificate");
  const names = new Set(certificates.map((each) => `${each.issuer} ${each.serial}`));
  if (names.size !== certificates.length) throw refuse(check, "it carries two certificates of one name");
  const { hash, wanted } = readNamed(named);
  for (const certificate of certificates) {
    if (!equal(await digest(hash, certificate.encoded), wanted)) continue;
    if (certificate.issuer === signer.issuer && certificate.serial === signer.serial) return certificate;
  }
  throw refuse(check, "the certificate that the time stamp names is not one it carries");
}

/** Return the digest of the first ESSCertIDv2 and its algorithm, SHA-256 unless it says another (RFC 5035 §4). */
function readNamed(attribute) {
  try {
    const [first] = parts(parts(attribute, TAG.sequence)[0], TAG.sequence);
    const [head, next] = parts(first, TAG.sequence);
    if (head.tag !== TAG.sequence) return { hash: "SHA-256", wanted: expect(head, TAG.octets).contents };
    const hash = HASHES[oid(elements(head.contents)[0])];
    if (hash) return { hash, wanted: expect(next, TAG.octets).contents };
  } catch {
    // Said below, like a digest that is unknown.
  }
  throw refuse("signing-certificate", "the name the time stamp gives its certificate cannot be used");
}

/** Return the signature algorithm, whose digest must be the one the content was digested with. */
function algorithmOf(signer) {
  const hash = HASHES[signer.hash];
  const named = signer.algorithm === RSA ? { key: RSA, hash } : SIGNATURES[signer.algorithm];
  if (hash && signer.algorithm === RSA_PSS) throw new UnsupportedError("a token signed with RSA-PSS is left to the command line");
  if (!hash || named?.hash !== hash) throw refuse("algorithm", "it is signed by an algorithm that is too weak, or unknown");
  return named;
}

async function checkChainAt(certificate, token, anchors) {
  try {
    await checkChain(certificate, token.certificates, anchors, token.genTime);
  } catch (error) {
    if (error.indication === "OUT_OF_BOUNDS_NO_POE") error.indication = "NO_CERTIFICATE_CHAIN_FOUND";
    throw error;
  }
}
