/*
 * Reading DER (ITU-T X.690 §8 to §11): definite lengths in their shortest form, nothing left over.
 * Only what certificates and time-stamp tokens are made of.
 */
import { ProofError, equal } from "./bytes.js";

const MAX_BYTES = 64 * 1024;

export const TAG = {
  boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, sequence: 0x30, set: 0x31,
  utcTime: 0x17, generalizedTime: 0x18, first: 0xa0, second: 0xa1, third: 0xa3,
};

const malformed = () => new ProofError("its DER cannot be read");

/** One element: its tag, its contents, and all its bytes. */
function elementAt(bytes, start) {
  if (start + 2 > bytes.length) throw malformed();
  const tag = bytes[start];
  if ((tag & 0x1f) === 0x1f) throw malformed();
  let place = start + 1;
  let length = bytes[place++];
  if (length > 0x7f) {
    const count = length & 0x7f;
    if (count < 1 || count > 3 || place + count > bytes.length || bytes[place] === 0) throw malformed();
    length = 0;
    for (let i = 0; i < count; i++) length = length * 256 + bytes[place++];
    if (length < 0x80) throw malformed();
  }
  if (place + length > bytes.length) throw malformed();
  return { tag, contents: bytes.subarray(place, place + length), encoded: bytes.subarray(start, place + length) };
}

/** Return the elements that follow one another in some bytes. */
export function elements(bytes) {
  const found = [];
  for (let place = 0; place < bytes.length; place += found.at(-1).encoded.length) found.push(elementAt(bytes, place));
  return found;
}

/** Return the one element that some bytes are. */
export function only(bytes, tag) {
  if (bytes.length > MAX_BYTES) throw malformed();
  const found = elements(bytes);
  if (found.length !== 1) throw malformed();
  return expect(found[0], tag);
}

/** Return the element if it has the tag. */
export function expect(element, tag) {
  if (!element || element.tag !== tag) throw malformed();
  return element;
}

/** Return the parts of an element that must have the tag. */
export const parts = (element, tag) => elements(expect(element, tag).contents);

/** Return an object identifier as dotted text. */
export function oid(element) {
  const numbers = [];
  let number = 0;
  for (const byte of expect(element, TAG.oid).contents) {
    number = number * 128 + (byte & 0x7f);
    if (byte & 0x80) continue;
    numbers.push(number);
    number = 0;
  }
  const [head, ...rest] = numbers;
  if (head === undefined) throw malformed();
  const first = Math.min(2, Math.floor(head / 40));
  return [first, head - 40 * first, ...rest].join(".");
}

/** Return the bytes of an integer that must be positive and in its shortest form, without a leading zero. */
export function positive(element) {
  const { contents } = expect(element, TAG.integer);
  const isPadded = contents.length > 1 && contents[0] === 0;
  if (!contents.length || contents[0] > 0x7f || (isPadded && contents[1] < 0x80)) throw malformed();
  return isPadded ? contents.subarray(1) : contents;
}

/** Return a small number. */
export function small(element) {
  const bytes = positive(element);
  if (bytes.length > 4) throw malformed();
  return bytes.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** Return the bytes of a bit string made of whole bytes. */
export function wholeBits(element) {
  const { contents } = expect(element, TAG.bits);
  if (contents[0] !== 0) throw malformed();
  return contents.subarray(1);
}

/** Tell whether a bit of a bit string is set; bit 0 is the first. */
export function hasBit(element, place) {
  const byte = expect(element, TAG.bits).contents[1 + (place >> 3)] ?? 0;
  return ((byte >> (7 - (place & 7))) & 1) === 1;
}

export function isTrue(element) {
  return equal(expect(element, TAG.boolean).contents, [0xff]);
}

/**
 * Return a time in milliseconds since 1970, with its fraction of a second if it may have one.
 * UTCTime as RFC 5280 §4.1.2.5.1 reads its years; GeneralizedTime as RFC 3161 §2.4.2 writes it.
 */
export function time(element) {
  const text = String.fromCharCode(...element.contents);
  const pattern = {
    [TAG.utcTime]: /^(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)()Z$/,
    [TAG.generalizedTime]: /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d{1,9}))?Z$/,
  }[element.tag];
  const found = pattern?.exec(text);
  if (!found) throw malformed();
  const [, years, month, day, hour, minute, second, fraction] = found;
  const year = element.tag === TAG.utcTime ? Number(years) + (Number(years) < 50 ? 2000 : 1900) : Number(years);
  const iso = `${String(year).padStart(4, "0")}-${month}-${day}T${hour}:${minute}:${second}`;
  const whole = Date.parse(`${iso}Z`);
  // Date.parse refuses 25 o'clock, yet may take 31 February for March.
  if (Number.isNaN(whole) || !new Date(whole).toISOString().startsWith(iso)) throw malformed();
  return whole + Number(`0.${fraction || 0}`) * 1000;
}
