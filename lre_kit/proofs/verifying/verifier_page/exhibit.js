/*
 * The exhibit: all that proves one event, in one JSON file with one byte form (RFC 8785); and the
 * seal on its record: JAdES (ETSI TS 119 182-1) over a JWS, ES256.
 */
import {
  ProofError, base64url, fromBase64, fromBase64url, fromHex, hasMembers, parseCanonicalJson, parseJson, sha256,
  utf8,
} from "./bytes.js";
import { importKey, maySeal, readCertificate } from "./certificates.js";

const EXHIBIT_MAX_BYTES = 2 * 1024 * 1024;
const HEADER_MAX_CHARACTERS = 16 * 1024;
const SIGNATURE_BYTES = 64;
const HEADER = ["alg", "cty", "iat", "x5c", "x5t#S256"];
const RENEWALS_MAX = 64;
const PATH_MAX = 64;
const MEMBERS = ["format", "evidence", "log", "checkpoint", "token"];
const FORMATS = { "lre-exhibit/1": MEMBERS, "lre-exhibit/2": [...MEMBERS, "renewals"] };

// --- the file -----------------------------------------------------------------------------------

/** Read an exhibit, strictly. */
export function readExhibit(bytes) {
  if (bytes.length > EXHIBIT_MAX_BYTES) throw new ProofError("the evidence file is far larger than any");
  const found = parseCanonicalJson(bytes);
  const isWhole =
    typeof found?.format === "string" && Object.hasOwn(FORMATS, found.format) &&
    hasMembers(found, FORMATS[found.format]) &&
    hasMembers(found.evidence, ["payload", "protected", "signature"]) &&
    hasMembers(found.log, ["index", "size", "path", "salt"]);
  if (!isWhole) throw new ProofError("the evidence file has other members than it should");
  const { evidence, log } = found;
  const payload = fromBase64url(evidence.payload);
  const renewals = found.renewals === undefined ? [] : atMost(list(found.renewals), RENEWALS_MAX);
  if (found.renewals !== undefined && !renewals.length) throw new ProofError("it is not in its one form: it was changed");
  return {
    protected: text(evidence.protected),
    payload,
    record: readRecord(payload),
    signature: text(evidence.signature),
    compact: `${evidence.protected}.${evidence.payload}.${evidence.signature}`,
    index: number(log.index),
    size: number(log.size),
    path: list(log.path).map(fromHex),
    salt: fromHex(log.salt),
    checkpoint: text(found.checkpoint),
    token: fromBase64(found.token),
    renewals: renewals.map(readRenewal),
  };
}

function readRenewal(found) {
  if (!hasMembers(found, ["index", "size", "path", "token"])) throw new ProofError("a renewal has other members");
  return {
    index: number(found.index),
    size: number(found.size),
    path: atMost(list(found.path), PATH_MAX).map(fromHex),
    token: fromBase64(found.token),
  };
}

function readRecord(payload) {
  const record = parseJson(payload);
  const isRecord = record !== null && typeof record === "object" && typeof record.ERDSEventId === "string";
  if (!isRecord || typeof record.EventTime !== "string") throw new ProofError("the evidence is not a record");
  return { ...record, happenedAt: instant(record.EventTime) };
}

/** Return an RFC 3339 time in milliseconds since 1970, with its fraction. */
function instant(written) {
  const found = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(written);
  const whole = found ? Date.parse(found[1] + found[3]) : NaN;
  if (Number.isNaN(whole)) throw new ProofError("the evidence's time cannot be read");
  return whole + Number(found[2] ?? 0) * 1000;
}

function text(value) {
  if (typeof value !== "string") throw new ProofError("something else stands where text should");
  return value;
}

function number(value) {
  if (!Number.isSafeInteger(value) || value < 0) throw new ProofError("something else stands where a number should");
  return value;
}

function list(value) {
  if (!Array.isArray(value)) throw new ProofError("something else stands where a list should");
  return value;
}

function atMost(found, count) {
  if (found.length > count) throw new ProofError("there is far more than there can be");
  return found;
}

// --- the seal -----------------------------------------------------------------------------------

/** Check the seal against its own certificate; return that and those above it. */
export async function openSeal(exhibit) {
  const [certificate, ...others] = await readHeader(exhibit.protected);
  const signature = fromBase64url(exhibit.signature);
  if (signature.length !== SIGNATURE_BYTES) throw new ProofError("the seal is not of the length of ES256", "SIG_CRYPTO_FAILURE");
  if (certificate.key.curve?.name !== "P-256") throw new ProofError("the seal's key is not of elliptic curve P-256");
  if (!maySeal(certificate)) throw new ProofError("the certificate is not one for seals", "CHAIN_CONSTRAINTS_FAILURE");
  const key = await importKey(certificate.key, { name: "ECDSA", namedCurve: "P-256" });
  const covered = utf8(`${exhibit.protected}.${base64url(exhibit.payload)}`);
  if (!(await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, covered))) {
    throw new ProofError("the seal does not fit the evidence", "SIG_CRYPTO_FAILURE");
  }
  return { certificate, others };
}

/** Return the certificates of a protected header (RFC 7515 §4.1.6), whose first must be the one it names. */
async function readHeader(encoded) {
  if (encoded.length > HEADER_MAX_CHARACTERS) throw new ProofError("the seal's header is far longer than any");
  let header;
  let certificates;
  try {
    header = parseJson(fromBase64url(encoded));
    certificates = list(header.x5c).map((each) => readCertificate(fromBase64(each)));
  } catch {
    throw new ProofError("the seal's header cannot be read");
  }
  // RFC 7515 §4.1.11: a member that is not understood may change what the others mean.
  if (!certificates.length || !hasMembers(header, HEADER) || header.alg !== "ES256" || header.cty !== "json") {
    throw new ProofError("the seal's header says what is not understood");
  }
  if (!Number.isSafeInteger(header.iat)) throw new ProofError("the seal's time is not whole seconds");
  const named = base64url(await sha256(certificates[0].encoded));
  if (header["x5t#S256"] !== named) throw new ProofError("the seal names another certificate", "SIG_CONSTRAINTS_FAILURE");
  return certificates;
}
