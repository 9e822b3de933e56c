/*
 * The transparency log: signed notes and checkpoints as C2SP defines them, and the Merkle tree of
 * RFC 9162 §2.1. Reading is strict: one byte form only.
 */
import { ProofError, UnsupportedError, concat, fromBase64, hex, sha256, utf8 } from "./bytes.js";

const ED25519_TYPE = 0x01;
const KEY_ID_BYTES = 4;
const HASH_BYTES = 32;
const SIGNATURES_MAX = 16;
const DASH = "— ";

const bad = (reason) => new ProofError(reason, "SIG_CRYPTO_FAILURE");

// --- keys and notes -----------------------------------------------------------------------------

/** Read a verifier key: name+hex(id)+base64(type ‖ key). */
export async function readVerifierKey(text) {
  const found = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(text.trim());
  if (!found) throw new ProofError("this is not a verifier key");
  const [, name, id, packed] = found;
  const raw = fromBase64(packed);
  const named = await sha256(concat(utf8(`${name}\n`), raw));
  if (raw[0] !== ED25519_TYPE || raw.length !== 1 + HASH_BYTES || hex(named.subarray(0, KEY_ID_BYTES)) !== id) {
    throw new ProofError("this verifier key's id does not belong to it, or its type is unknown");
  }
  return { name, id, key: raw.subarray(1), written: `${name}+${id}+${packed}` };
}

/** Return the text of a note signed by at least one of the keys. */
export async function openNote(note, keys) {
  const place = note.lastIndexOf("\n\n");
  // eslint-disable-next-line no-control-regex
  if (place < 0 || !note.endsWith("\n") || /[\0-\x09\x0b-\x1f\x7f-\x9f]/.test(note)) {
    throw bad("this is not a signed note");
  }
  const text = note.slice(0, place + 1);
  const lines = note.slice(place + 2, -1).split("\n");
  if (lines.length > SIGNATURES_MAX) throw bad("this note has too many signatures");
  let isVerified = false;
  for (const line of lines) {
    const { name, id, signature } = readSignature(line);
    for (const key of keys.filter((each) => each.name === name && each.id === id)) {
      if (!(await verifyEd25519(key.key, signature, utf8(text)))) throw bad("the signature does not fit the note");
      isVerified = true;
    }
  }
  if (!isVerified) throw bad("no key that is trusted signed this note");
  return text;
}

function readSignature(line) {
  const [name, packed, ...more] = line.startsWith(DASH) ? line.slice(DASH.length).split(" ") : [];
  let raw;
  try {
    raw = fromBase64(packed);
  } catch {
    throw bad("a signature line of the note cannot be read");
  }
  if (!name || more.length || raw.length <= KEY_ID_BYTES) throw bad("a signature line of the note cannot be read");
  return { name, id: hex(raw.subarray(0, KEY_ID_BYTES)), signature: raw.subarray(KEY_ID_BYTES) };
}

async function verifyEd25519(raw, signature, bytes) {
  let key;
  try {
    key = await crypto.subtle.importKey("raw", raw, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new UnsupportedError("this browser does not know Ed25519");
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, bytes);
}

/** Read a checkpoint: origin, size and root, and no extension line. */
export function readCheckpoint(text) {
  const [origin, size, root, end, ...more] = text.split("\n");
  let hash;
  try {
    hash = fromBase64(root);
  } catch {
    throw bad("this is not a checkpoint");
  }
  const isSize = /^(0|[1-9]\d*)$/.test(size) && Number.isSafeInteger(Number(size));
  if (!origin || !isSize || hash.length !== HASH_BYTES || end !== "" || more.length) {
    throw bad("this is not a checkpoint in its one form");
  }
  return { origin, size: Number(size), root: hash };
}

// --- Merkle tree --------------------------------------------------------------------------------

export const leafHash = (data) => sha256(concat([0x00], data));
const nodeHash = (left, right) => sha256(concat([0x01], left, right));

/** Return the root an inclusion path leads to, or null if it is no path of such a tree (RFC 9162 §2.1.3.2). */
export async function pathRoot(leaf, index, size, path) {
  if (!(index >= 0 && index < size)) return null;
  let [place, last, reached] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const sibling of path) {
    if (last === 0n) return null;
    if (place % 2n || place === last) {
      reached = await nodeHash(sibling, reached);
      while (place % 2n === 0n && place) [place, last] = [place >> 1n, last >> 1n];
    } else {
      reached = await nodeHash(reached, sibling);
    }
    [place, last] = [place >> 1n, last >> 1n];
  }
  return last === 0n ? reached : null;
}

/** Return a record's leaf data: SHA-256(salt ‖ SHA-256(compact JWS)). */
export const commitment = async (salt, compact) => sha256(concat(salt, await sha256(utf8(compact))));
