/*
 * X.509 certificates (RFC 5280): what a chain needs, and no more. Chains are checked at the proven
 * instant, never at "now". Revocation is left to the command line.
 */
import { ProofError, UnsupportedError, concat, equal, fromBase64, hex } from "./bytes.js";
import {
  TAG, elements, expect, hasBit, isTrue, oid, only, parts, positive, small, time, wholeBits,
} from "./der.js";

const DEPTH_MAX = 5;
const OTHERS_MAX = 16;
const EC_KEY = "1.2.840.10045.2.1";
const RSA_KEY = "1.2.840.113549.1.1.1";
const CURVES = {
  "1.2.840.10045.3.1.7": { name: "P-256", bytes: 32 },
  "1.3.132.0.34": { name: "P-384", bytes: 48 },
  "1.3.132.0.35": { name: "P-521", bytes: 66 },
};
/** Signature algorithms, all of the SHA-2 family (RFC 5758 §3.2, RFC 4055 §5). */
export const SIGNATURES = {
  "1.2.840.10045.4.3.2": { key: EC_KEY, hash: "SHA-256" },
  "1.2.840.10045.4.3.3": { key: EC_KEY, hash: "SHA-384" },
  "1.2.840.10045.4.3.4": { key: EC_KEY, hash: "SHA-512" },
  "1.2.840.113549.1.1.11": { key: RSA_KEY, hash: "SHA-256" },
  "1.2.840.113549.1.1.12": { key: RSA_KEY, hash: "SHA-384" },
  "1.2.840.113549.1.1.13": { key: RSA_KEY, hash: "SHA-512" },
};
const NAMES = {
  "2.5.4.3": "CN", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O", "2.5.4.11": "OU",
  "2.5.4.97": "organizationIdentifier",
};
const KEY_USAGE = "2.5.29.15";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_USAGE = "2.5.29.37";
const DIGITAL_SIGNATURE = 0;
const CONTENT_COMMITMENT = 1;
const KEY_CERT_SIGN = 5;
const TIME_STAMPING = "1.3.6.1.5.5.7.3.8";

// --- reading ------------------------------------------------------------------------------------

/** Take a certificate apart. */
export function readCertificate(encoded) {
  const [body, algorithm, signature, ...more] = parts(only(encoded, TAG.sequence), TAG.sequence);
  const fields = parts(body, TAG.sequence);
  const version = fields[0]?.tag === TAG.first ? small(only(fields.shift().contents, TAG.integer)) : 0;
  const [serial, inner, issuer, validity, subject, key, ...rest] = fields;
  const [from, until] = parts(validity, TAG.sequence);
  if (more.length || version !== 2 || !equal(expect(inner, TAG.sequence).encoded, expect(algorithm, TAG.sequence).encoded)) {
    throw new ProofError("this is not a certificate that X.509 allows");
  }
  const number = positive(serial);
  if (number.length === 1 && number[0] === 0) throw new ProofError("a serial number that RFC 5280 does not allow");
  return {
    encoded,
    body: body.encoded,
    algorithm: oid(elements(algorithm.contents)[0]),
    signature: wholeBits(signature),
    serial: hex(number),
    issuer: hex(expect(issuer, TAG.sequence).encoded),
    subject: hex(expect(subject, TAG.sequence).encoded),
    name: nameText(subject),
    from: time(from),
    until: time(until),
    key: readKey(key),
    extensions: readExtensions(rest.find((part) => part.tag === TAG.third)),
  };
}

/** Return the certificates of a PEM text. */
export function readPem(text) {
  const blocks = text.matchAll(/-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----/g);
  return Array.from(blocks, ([, body]) => readCertificate(fromBase64(body.replace(/\s+/g, ""))));
}

function readKey(element) {
  const [algorithm, bits] = parts(element, TAG.sequence);
  const [kind, parameter] = parts(algorithm, TAG.sequence);
  wholeBits(bits);
  const curve = oid(kind) === EC_KEY ? CURVES[oid(parameter)] : undefined;
  return { kind: oid(kind), curve, encoded: element.encoded };
}

/** Return extensions by OID; one met twice makes the certificate unreadable (RFC 5280 §4.2). */
function readExtensions(wrapped) {
  const found = new Map();
  if (!wrapped) return found;
  for (const extension of parts(only(wrapped.contents, TAG.sequence), TAG.sequence)) {
    const [kind, ...rest] = parts(extension, TAG.sequence);
    const value = expect(rest.at(-1), TAG.octets).contents;
    if (found.has(oid(kind))) throw new ProofError("an extension stands twice", "CERTIFICATE_FORMAT_FAILURE");
    found.set(oid(kind), { critical: rest.length === 2 && isTrue(rest[0]), value });
  }
  return found;
}

/** Return a name for people, the narrowest part first (RFC 4514 §2). */
function nameText(subject) {
  const told = parts(subject, TAG.sequence).map((set) =>
    parts(set, TAG.set)
      .map((pair) => {
        const [kind, value] = parts(pair, TAG.sequence);
        return `${NAMES[oid(kind)] ?? oid(kind)}=${new TextDecoder().decode(value.contents)}`;
      })
      .join("+"),
  );
  return told.reverse().join(",");
}

// --- what a certificate may do ------------------------------------------------------------------

function mayUse(certificate, bit) {
  const usage = certificate.extensions.get(KEY_USAGE);
  return usage !== undefined && hasBit(only(usage.value, TAG.bits), bit);
}

function purposes(certificate) {
  const found = certificate.extensions.get(EXTENDED_USAGE);
  return found ? parts(only(found.value, TAG.sequence), TAG.sequence).map(oid) : [];
}

/** Tell whether the key may sign what is kept as proof, and is not set apart for time stamps. */
export function maySeal(certificate) {
  const signs = mayUse(certificate, DIGITAL_SIGNATURE) || mayUse(certificate, CONTENT_COMMITMENT);
  return signs && !purposes(certificate).includes(TIME_STAMPING);
}

/** Tell whether the key is critically and only for time stamps (RFC 3161 §2.3). */
export function isForTimeStampsOnly(certificate) {
  const listed = purposes(certificate);
  return listed.length === 1 && listed[0] === TIME_STAMPING && certificate.extensions.get(EXTENDED_USAGE).critical;
}

function isAuthority(certificate, below) {
  const found = certificate.extensions.get(BASIC_CONSTRAINTS);
  if (!found) return false;
  const members = parts(only(found.value, TAG.sequence), TAG.sequence);
  const isMarked = members[0]?.tag === TAG.boolean && isTrue(members.shift());
  const isDeepEnough = !members.length || small(members[0]) >= below;
  return isMarked && isDeepEnough && mayUse(certificate, KEY_CERT_SIGN);
}

// --- signatures ---------------------------------------------------------------------------------

/** Tell whether a signature of an X.509 algorithm over some bytes is that of a certificate's key. */
export async function verifySignature(certificate, { key: kind, hash }, signature, bytes) {
  const { key } = certificate;
  if (key.kind !== kind) return false;
  if (kind === RSA_KEY) {
    const algorithm = { name: "RSASSA-PKCS1-v1_5", hash };
    return crypto.subtle.verify(algorithm, await importKey(key, algorithm), signature, bytes);
  }
  if (!key.curve) throw new UnsupportedError("a curve that this page does not know");
  const algorithm = { name: "ECDSA", namedCurve: key.curve.name };
  const raw = halves(signature, key.curve.bytes);
  if (!raw) return false;
  return crypto.subtle.verify({ name: "ECDSA", hash }, await importKey(key, algorithm), raw, bytes);
}

/** Return a certificate's key for WebCrypto. */
export async function importKey(key, algorithm) {
  try {
    return await crypto.subtle.importKey("spki", key.encoded, algorithm, false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") throw new UnsupportedError(`this browser does not know ${algorithm.name}`);
    throw new ProofError("its key cannot be read", "CERTIFICATE_FORMAT_FAILURE");
  }
}

/** Return the two halves of an ECDSA signature side by side (RFC 3279 §2.2.3 to IEEE P1363). */
function halves(signature, length) {
  try {
    const [first, second, ...more] = parts(only(signature, TAG.sequence), TAG.sequence).map(positive);
    if (more.length || first.length > length || second.length > length) return null;
    return concat(...[first, second].flatMap((half) => [new Uint8Array(length - half.length), half]));
  } catch {
    return null;
  }
}

// --- chains -------------------------------------------------------------------------------------

async function isIssuer(upper, lower, below) {
  if (upper.subject !== lower.issuer) return false;
  const algorithm = SIGNATURES[lower.algorithm];
  if (!algorithm) throw new UnsupportedError("a certificate is signed by an algorithm that this page does not know");
  try {
    return isAuthority(upper, below) && (await verifySignature(upper, algorithm, lower.signature, lower.body));
  } catch (error) {
    if (error instanceof UnsupportedError) throw error;
    return false;
  }
}

/**
 * Check that a certificate leads to an anchor and that every step was valid at an instant.
 * Every way up is tried: an authority that was renewed has two certificates of one name.
 */
export async function checkChain(leaf, others, anchors, at) {
  const known = [...anchors, ...others.slice(0, OTHERS_MAX)];
  const paths = [[leaf]];
  const seen = new Set();
  let stale = null;
  while (paths.length) {
    const path = paths.pop();
    const current = path.at(-1);
    if (at < current.from || at > current.until) {
      stale ??= current;
    } else if (anchors.some((anchor) => equal(anchor.encoded, current.encoded))) {
      return;
    } else if (path.length < DEPTH_MAX && !seen.has(hex(current.encoded))) {
      seen.add(hex(current.encoded));
      for (const upper of known) if (await isIssuer(upper, current, path.length - 1)) paths.push([...path, upper]);
    }
  }
  if (stale) {
    const reason = `the certificate of ${stale.name} was not valid on ${new Date(at).toISOString()}`;
    throw new ProofError(reason, "OUT_OF_BOUNDS_NO_POE", "indeterminate");
  }
  const reason = `no trusted authority stands above ${leaf.name}`;
  throw new ProofError(reason, "NO_CERTIFICATE_CHAIN_FOUND", "indeterminate");
}
