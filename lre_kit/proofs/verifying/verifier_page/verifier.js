/*
 * The verifier: files and trust anchors in, a report out. No network, no storage, no document tree.
 * Names of checks, answers and sub-indications (EN 319 102-1) are those of `lre verify`.
 */
import { ProofError, equal, hasMembers, hex, parseCanonicalJson, sha256, textOf, utf8 } from "./bytes.js";
import { checkChain, readPem } from "./certificates.js";
import { openSeal, readExhibit } from "./exhibit.js";
import { commitment, leafHash, openNote, pathRoot, readCheckpoint, readVerifierKey } from "./log.js";
import { checkRenewals } from "./renewal.js";
import { checkToken } from "./token.js";

const CLOCK_TOLERANCE_MS = 5 * 60 * 1000;
const MANIFEST = "manifest.json";
/** What a letter's files are called, within a bundle. */
const KNOWN =
  /^(manifest\.json|evidence\/[^/]+\.(json|xml)|proofs\/[^/]+\.pdf|documents\/[^]+|(log|certificates|revocation)\/[^/]+)$/;
/** The acts with which a letter is at its end. */
const ENDS = ["ContentHandover", "ConsignmentRejection", "AcceptanceRejectionExpiry"];
/** Files of a provider that lie beside documents and are none. */
const NO_DOCUMENT = /\.(pem|vkey|crl|xml|zip|asice|sce)$/i;

export const NOT_CHECKED = [
  "revocation of certificates (lre verify looks in the provider's lists)",
  "the seal on a proof PDF (lre verify checks it; its evidence is checked here if its .json files are given)",
  "whether the provider is qualified (that is for a trusted list to say)",
  "consistency with other checkpoints of the log (compare with one you hold)",
];

// --- the report ---------------------------------------------------------------------------------

/** All checks of one verification: passed, failed or indeterminate, with a reason each. */
export class Report {
  checks = [];
  notChecked = [...NOT_CHECKED];

  /** Return a view that adds checks of one subject. */
  about(subject) {
    const add = (name, result, reason, indication) =>
      this.checks.push({ name, subject, result, reason, sub_indication: indication });
    return {
      passed: (name, reason) => add(name, "passed", reason, ""),
      refused: (name, error, title = "") => {
        if (!(error instanceof ProofError)) error = new ProofError("it cannot be read");
        add(name, error.result, title + error.message, error.indication);
      },
    };
  }

  /** Failed if any check failed, else indeterminate if any is (or none was made), else passed. */
  get result() {
    const results = new Set(this.checks.map((check) => check.result));
    if (results.has("failed")) return "failed";
    return results.size === 1 && results.has("passed") ? "passed" : "indeterminate";
  }

  /** Return what `lre verify --json` returns. */
  toJSON() {
    return { result: this.result, checks: this.checks, not_checked: this.notChecked };
  }
}

// --- whom to trust ------------------------------------------------------------------------------

/**
 * Read trust anchors.
 * @param {{seal?: string[], timestamp?: string[], log?: string[]}} given PEM texts and verifier keys.
 */
export async function readAnchors({ seal = [], timestamp = [], log = [] } = {}) {
  return {
    seal: seal.flatMap(readPem),
    timestamp: timestamp.flatMap(readPem),
    log: await Promise.all(log.map(readVerifierKey)),
  };
}

/** Sort anchor files by their names, as in the folder `trust`: seal-ca*.pem, tsa-ca*.pem, *.vkey. */
export function anchorsFromFiles(files) {
  const texts = (pattern) =>
    Array.from(files, ([path, bytes]) => [path.split("/").at(-1), bytes])
      .filter(([name]) => pattern.test(name))
      .map(([, bytes]) => textOf(bytes));
  return readAnchors({ seal: texts(/^seal-ca.*\.pem$/), timestamp: texts(/^tsa-ca.*\.pem$/), log: texts(/\.vkey$/) });
}

// --- one exhibit --------------------------------------------------------------------------------

/**
 * Verify one exhibit; never throws for what is wrong with it.
 * @param {Uint8Array} bytes The file.
 * @param {object} anchors What `readAnchors` returned.
 * @param {{subject?: string, report?: Report, at?: number}} [options] `at` is the instant of the verification.
 * @returns {Promise<Report>}
 */
export async function verifyExhibit(bytes, anchors, { subject = "evidence", report = new Report(), at = Date.now() } = {}) {
  await checkExhibit(bytes, anchors, report.about(subject), at);
  return report;
}

async function checkExhibit(bytes, anchors, report, at) {
  let exhibit;
  try {
    exhibit = readExhibit(bytes);
  } catch (error) {
    report.refused("format", new ProofError(error instanceof ProofError ? error.message : "it cannot be read"));
    return null;
  }
  const { record } = exhibit;
  report.passed("format", `${record.ERDSEventId.split("/").at(-1)} at ${record.EventTime}`);
  await checkLog(exhibit, anchors, report);
  const stamp = await checkStamp(exhibit, anchors, report, at);
  await checkSeal(exhibit, anchors, report, stamp ? stamp.genTime : record.happenedAt);
  return record;
}

const noTrust = (reason, indication) => new ProofError(reason, indication, "indeterminate");

async function checkLog(exhibit, anchors, report) {
  try {
    if (!anchors.log.length) throw noTrust("no key of the log is trusted", "SIGNED_DATA_NOT_FOUND");
    const head = readCheckpoint(await openNote(exhibit.checkpoint, anchors.log));
    report.passed("checkpoint", `signed by ${head.origin}, size ${head.size}`);
    await checkInclusion(exhibit, head, report);
  } catch (error) {
    report.refused("checkpoint", error);
  }
}

async function checkInclusion(exhibit, head, report) {
  const leaf = await leafHash(await commitment(exhibit.salt, exhibit.compact));
  const root = await pathRoot(leaf, exhibit.index, exhibit.size, exhibit.path);
  if (head.size === exhibit.size && root && equal(root, head.root)) {
    report.passed("log inclusion", `record ${exhibit.index} of ${head.size}`);
  } else {
    report.refused("log inclusion", new ProofError("the record is not where it says", "HASH_FAILURE"));
  }
}

async function checkStamp(exhibit, anchors, report, at) {
  try {
    if (!anchors.timestamp.length) throw noTrust("no authority is trusted", "NO_CERTIFICATE_CHAIN_FOUND");
    const stamp = await checkToken(exhibit.token, await sha256(utf8(exhibit.checkpoint)), anchors.timestamp);
    if (exhibit.record.happenedAt > stamp.genTime + CLOCK_TOLERANCE_MS) {
      throw new ProofError("the event claims to be later than its time stamp", "TIMESTAMP_ORDER_FAILURE");
    }
    if (stamp.genTime > at + CLOCK_TOLERANCE_MS) {
      const said = new Date(stamp.genTime).toISOString();
      const why = `it says ${said}, which is later than this verification: one of two clocks is wrong`;
      throw noTrust(why, "TIMESTAMP_ORDER_FAILURE");
    }
    report.passed("time stamp", `existed on ${new Date(stamp.genTime).toISOString()}, says ${stamp.certificate.name}`);
    await checkRenewals(exhibit, stamp, anchors, at, report);
    return stamp;
  } catch (error) {
    report.refused("time stamp", error);
    return null;
  }
}

async function checkSeal(exhibit, anchors, report, at) {
  try {
    const { certificate, others } = await openSeal(exhibit);
    if (!anchors.seal.length) throw noTrust("no authority is trusted", "NO_CERTIFICATE_CHAIN_FOUND");
    await checkChain(certificate, others, anchors.seal, at);
    report.passed("seal", `sealed by ${certificate.name}`);
  } catch (error) {
    report.refused("seal", error);
  }
}

// --- several files ------------------------------------------------------------------------------

/**
 * Verify dropped files: a bundle if a manifest is among them, else evidence files with the documents beside them.
 * @param {Map<string, Uint8Array>} files Contents by path.
 */
export async function verifyFiles(files, anchors, { at = Date.now() } = {}) {
  const report = new Report();
  const folder = bundleFolder(files);
  const inside = folder === null ? files : within(files, folder);
  const listed = folder === null ? null : await checkManifest(inside, folder, report);
  if (folder !== null && listed === null) return report;
  const isEvidence = (path) => (listed ? path.startsWith("evidence/") && !path.endsWith(".xml") && listed.has(path) : path.endsWith(".json"));
  const records = [];
  const misnamed = [];
  if (![...inside.keys()].some(isEvidence)) {
    report.about(folder || "files").refused("format", noTrust("no evidence file was given", "SIGNED_DATA_NOT_FOUND"));
    if (!listed) return report;
  }
  for (const path of [...inside.keys()].filter(isEvidence).sort()) {
    const record = await checkExhibit(inside.get(path), anchors, report.about(path), at);
    if (!record) continue;
    records.push(record);
    if (path !== evidenceName(record)) misnamed.push(path);
  }
  if (listed) {
    for (const path of [...files.keys()].filter((each) => !each.startsWith(folder))) {
      report.notChecked.push(`${path} (it lies beside the bundle, not in it)`);
    }
    checkStory(records, report);
    // What is missing or changed was said already; each such file would be named twice.
    for (const path of report.result === "failed" ? [] : misnamed) {
      report.about(path).refused("story", new ProofError("the file is named for another act"));
    }
    const documents = [...inside.keys()].filter((path) => path.startsWith("documents/") && listed.has(path));
    await checkDocuments(inside, documents, records, report);
  } else {
    const others = [...inside.keys()].filter((path) => !path.endsWith(".json"));
    for (const path of others.filter((each) => NO_DOCUMENT.test(each))) {
      report.notChecked.push(`${path} (this page does not read such files)`);
    }
    await checkDocuments(inside, others.filter((path) => !NO_DOCUMENT.test(path)), records, report, isSealedPdf);
  }
  return report;
}

function bundleFolder(files) {
  const manifests = [...files.keys()].filter((path) => path === MANIFEST || path.endsWith(`/${MANIFEST}`));
  return manifests.length ? manifests.sort((a, b) => a.length - b.length)[0].slice(0, -MANIFEST.length) : null;
}

function within(files, folder) {
  const found = [...files].filter(([path]) => path.startsWith(folder));
  return new Map(found.map(([path, bytes]) => [path.slice(folder.length), bytes]));
}

/** Check that every listed file is there, unchanged, and none besides. */
async function checkManifest(files, folder, report) {
  const name = folder.replace(/\/$/, "") || "bundle";
  let listed;
  try {
    const found = parseCanonicalJson(files.get(MANIFEST));
    const isList = hasMembers(found, Object.keys(found ?? {})) && Object.entries(found).every(isListed);
    if (!isList) throw new ProofError("the bundle has no list of files that can be read");
    listed = new Map(Object.entries(found));
  } catch (error) {
    report.about(name).refused("manifest", new ProofError(error.message));
    return null;
  }
  const refuse = (path, reason, indication) => report.about(path).refused("manifest", new ProofError(reason, indication));
  for (const path of [...files.keys()].sort()) {
    if (path !== MANIFEST && !listed.has(path)) refuse(path, "this file is not listed", "FORMAT_FAILURE");
  }
  for (const [path, digestHex] of [...listed].sort()) {
    if (!files.has(path)) refuse(path, "this file is missing", "SIGNED_DATA_NOT_FOUND");
    else if (hex(await sha256(files.get(path))) !== digestHex) refuse(path, "this file was changed", "HASH_FAILURE");
    else if (!KNOWN.test(path)) refuse(path, "no file of a letter is called so");
  }
  if (!report.checks.length) report.about(name).passed("manifest", `${listed.size} files, all as listed`);
  return listed;
}

const isListed = ([path, digestHex]) =>
  typeof digestHex === "string" && /^[0-9a-f]{64}$/.test(digestHex) && path !== "" && path !== MANIFEST &&
  !path.startsWith("/") && !path.split("/").includes("..");

/** Return a value as text; nothing for an object: whoever wrote it may have given it any members. */
const plain = (value) => (typeof value === "string" || typeof value === "number" ? String(value) : "");

const eventOf = (record) => plain(record.ERDSEventId).split("/").pop();

/** Return the name a bundle gives an act's evidence: people read names first. */
function evidenceName(record) {
  const number = String(Number(plain(record.Extensions?.JournalPosition)) + 1).padStart(2, "0");
  return `evidence/${number}-${eventOf(record)}.json`;
}

/** Check that the records tell of one letter, from its deposit, without a gap. */
function checkStory(records, report) {
  const numbers = [...new Set(records.map((record) => plain(record.MessageIdentifier)))];
  const places = records.map((record) => plain(record.Extensions?.JournalPosition)).sort();
  const story = report.about(numbers.join(", ") || "bundle");
  if (numbers.length !== 1) {
    story.refused("story", new ProofError("the evidence is not of one letter"));
  } else if (places.join() !== [...places.keys()].map(String).sort().join()) {
    story.refused("story", new ProofError("an act of the letter is missing or doubled", "SIGNED_DATA_NOT_FOUND"));
  } else {
    story.passed("story", `${records.length} acts, from the deposit, without a gap`);
  }
  if (!records.some((record) => ENDS.includes(eventOf(record)))) {
    report.notChecked.push("whether more happened later (the last act here is not the end of a letter)");
  }
}

/**
 * Check that each document is one that the evidence names.
 * @param {(bytes: Uint8Array) => boolean} [isOther] Tells what need not be a document, and is left open.
 */
async function checkDocuments(files, paths, records, report, isOther = () => false) {
  const listed = records.flatMap((record) => record.UserContentInfo?.PartsInfo?.PartInfo ?? []);
  const digests = new Set(listed.map((part) => part?.DigestValue));
  if (!paths.length) report.notChecked.push("documents (none was given; their digests stand in the evidence)");
  for (const path of paths.sort()) {
    const subject = report.about(path);
    if (digests.has(hex(await sha256(files.get(path))))) {
      subject.passed("document", "the one that was deposited");
    } else if (isOther(files.get(path))) {
      subject.refused("document", noTrust("a sealed PDF, and none of the documents: lre verify can check it", ""));
    } else {
      subject.refused("document", new ProofError("not a document the evidence names", "HASH_FAILURE"));
    }
  }
}

/** Tell whether a file looks like a PDF with a PAdES seal (EN 319 142-1 §6.3), as proofs are. */
const isSealedPdf = (bytes) => new TextDecoder("latin1").decode(bytes).includes("/ETSI.CAdES.detached");
