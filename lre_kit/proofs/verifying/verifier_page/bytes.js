/*
 * Bytes and their text forms, each in one form only: a text that decodes but would not be written
 * again in the same way is refused, so that a changed byte is a changed proof.
 */

/** What is wrong with a proof; `indication` is a word of EN 319 102-1. */
export class ProofError extends Error {
  /**
   * @param {string} reason Why, in words.
   * @param {string} indication Such as "HASH_FAILURE".
   * @param {string} result "failed" or "indeterminate".
   */
  constructor(reason, indication = "FORMAT_FAILURE", result = "failed") {
    super(reason);
    this.indication = indication;
    this.result = result;
  }
}

/** What this browser cannot do: neither the proof's fault nor a proof of anything. */
export class UnsupportedError extends ProofError {
  constructor(reason) {
    super(reason, "", "indeterminate");
  }
}

export const utf8 = (text) => new TextEncoder().encode(text);

/** Return the text of UTF-8 bytes; a byte order mark stays, so that it is seen. */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProofError("this is not text in UTF-8");
  }
}

export function concat(...parts) {
  const made = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let place = 0;
  for (const part of parts) {
    made.set(part, place);
    place += part.length;
  }
  return made;
}

export const equal = (one, other) => one.length === other.length && one.every((byte, i) => byte === other[i]);

export async function digest(name, bytes) {
  return new Uint8Array(await crypto.subtle.digest(name, bytes));
}

export const sha256 = (bytes) => digest("SHA-256", bytes);

// --- hexadecimal, base64 ------------------------------------------------------------------------

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

export function fromHex(text) {
  if (typeof text !== "string" || !/^([0-9a-f]{2})*$/.test(text)) throw new ProofError("this is not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

export function base64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

export function fromBase64(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new ProofError("this is not base64");
  let binary;
  try {
    binary = atob(text);
  } catch {
    throw new ProofError("this is not base64");
  }
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  if (base64(bytes) !== text) throw new ProofError("this base64 is not in its one form");
  return bytes;
}

export const base64url = (bytes) =>
  base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Read base64url without padding (RFC 7515 §2). */
export function fromBase64url(text) {
  if (typeof text !== "string" || !/^[A-Za-z0-9_-]*$/.test(text)) throw new ProofError("this is not base64url");
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  return fromBase64(plain + "=".repeat((4 - (plain.length % 4)) % 4));
}

// --- JSON ---------------------------------------------------------------------------------------

/** Return the one text of a JSON value (RFC 8785): members in order, no blank, numbers as ECMAScript has them. */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const members = Object.keys(value).sort();
    return `{${members.map((name) => `${canonicalJson(name)}:${canonicalJson(value[name])}`).join(",")}}`;
  }
  if (typeof value === "string" && /\p{Surrogate}/u.test(value)) throw new ProofError("half a character");
  return JSON.stringify(value);
}

export function parseJson(bytes) {
  try {
    return JSON.parse(textOf(bytes));
  } catch {
    throw new ProofError("it cannot be read");
  }
}

/** Read JSON that must be in its one form. */
export function parseCanonicalJson(bytes) {
  const value = parseJson(bytes);
  if (!equal(utf8(canonicalJson(value)), bytes)) throw new ProofError("it is not in its one form: it was changed");
  return value;
}

/** Tell whether a value is an object with these members and no other. */
export function hasMembers(value, names) {
  const isObject = value !== null && typeof value === "object" && !Array.isArray(value);
  return isObject && canonicalJson(Object.keys(value).sort()) === canonicalJson([...names].sort());
}
