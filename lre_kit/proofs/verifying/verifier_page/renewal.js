/*
 * Renewals of a time stamp, in the manner of RFC 4998 §5.2: each token covers the checkpoint and all
 * tokens before it, through a Merkle tree, and each was still good when the next one was made.
 */
import { ProofError, concat, sha256, utf8 } from "./bytes.js";
import { checkChain } from "./certificates.js";
import { leafHash, pathRoot } from "./log.js";
import { checkToken } from "./token.js";

const LEAF_TAG = utf8("lre-kit/renewal-leaf/1\0");
const ROOT_TAG = utf8("lre-kit/renewal-root/1\0");
const LENGTH_BYTES = 8;

/** Check every renewal into the report, and that the last token still holds at `at`. */
export async function checkRenewals(exhibit, first, anchors, at, report) {
  const tokens = [exhibit.token];
  let last = first;
  for (const [place, renewal] of exhibit.renewals.entries()) {
    const title = `renewal ${place + 1} of ${exhibit.renewals.length}`;
    try {
      const next = await checkRenewal(exhibit.checkpoint, tokens, renewal, anchors);
      await checkStep(last, next, anchors);
      report.passed("renewal", `${title}: on ${new Date(next.genTime).toISOString()}, says ${next.certificate.name}`);
      tokens.push(renewal.token);
      last = next;
    } catch (error) {
      report.refused("renewal", error, `${title}: `);
      return;
    }
  }
  if (last.certificate.until < at) {
    const reason = `the certificate of ${last.certificate.name} ended and no renewal shows that the time stamp was made before`;
    const name = exhibit.renewals.length ? "renewal" : "time stamp";
    report.refused(name, new ProofError(reason, "OUT_OF_BOUNDS_NO_POE", "indeterminate"));
  }
}

async function checkRenewal(note, tokens, renewal, anchors) {
  const leaf = await leafHash(await archiveDigest(note, tokens));
  const root = await pathRoot(leaf, renewal.index, renewal.size, renewal.path);
  if (!root) throw new ProofError("its path leads nowhere", "HASH_FAILURE");
  const stamped = await sha256(concat(ROOT_TAG, length(renewal.size), root));
  try {
    return await checkToken(renewal.token, stamped, anchors.timestamp);
  } catch (error) {
    if (!error.isImprint) throw error;
    throw new ProofError("it does not cover this checkpoint and its tokens", "HASH_FAILURE");
  }
}

/** Check that a token was still good when the next one was made. */
async function checkStep(before, after, anchors) {
  if (after.genTime < before.genTime) {
    throw new ProofError("it is older than the token it renews", "TIMESTAMP_ORDER_FAILURE");
  }
  await checkChain(before.certificate, before.others, anchors.timestamp, after.genTime);
}

/** Return the digest of a checkpoint and of all tokens it has so far, the oldest first. */
function archiveDigest(note, tokens) {
  return sha256(concat(LEAF_TAG, ...[utf8(note), ...tokens].flatMap((part) => [length(part.length), part])));
}

function length(count) {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(count));
  return bytes;
}
