/*
 * The page: takes files, shows the report. Everything it writes is text, never markup.
 */
import { hex, sha256 } from "./bytes.js";
import { Report, anchorsFromFiles, readAnchors, verifyExhibit, verifyFiles } from "./verifier.js";
import { LANGUAGES, checkName, reasonText, word } from "./words.js";

const TOTAL_MAX_BYTES = 512 * 1024 * 1024;
const FILES_MAX = 5000;

const state = { language: document.documentElement.lang, anchors: null, areOwn: false, files: null, report: null, message: "" };
const place = (id) => document.getElementById(id);

/** Make an element with text or other elements inside. */
function made(tag, className, ...inside) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  element.append(...inside);
  return element;
}

// --- taking files -------------------------------------------------------------------------------

/** Return contents by path of chosen files; a folder's files carry their path. */
async function readChosen(chosen) {
  const total = chosen.reduce((sum, { file }) => sum + file.size, 0);
  if (total > TOTAL_MAX_BYTES || chosen.length > FILES_MAX) throw new RangeError("too large");
  const read = chosen.map(async ({ path, file }) => [path, new Uint8Array(await file.arrayBuffer())]);
  return new Map(await Promise.all(read));
}

const fromInput = (input) =>
  Array.from(input.files, (file) => ({ path: file.webkitRelativePath || file.name, file }));

/** Return the files of a drop, folders opened. */
async function fromDrop(transfer) {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return Array.from(transfer.files, (file) => ({ path: file.name, file }));
  return (await Promise.all(entries.map(open))).flat();
}

async function open(entry) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ path: entry.fullPath.replace(/^\//, ""), file }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length || found.length > FILES_MAX) break;
    found.push(...some);
  }
  return (await Promise.all(found.map(open))).flat();
}

async function take(chosen) {
  state.report = null;
  show("working");
  try {
    state.files = await readChosen(await chosen);
  } catch {
    state.files = null;
    show("too_large");
    return;
  }
  await verify();
}

async function verify() {
  if (!state.files?.size) return;
  state.report = (await verifyFiles(state.files, state.anchors)).toJSON();
  show("");
}

async function takeAnchors(input) {
  try {
    state.anchors = await anchorsFromFiles(await readChosen(fromInput(input)));
  } catch {
    show("anchors_bad");
    return;
  }
  state.areOwn = true;
  await verify();
  show("");
}

// --- showing ------------------------------------------------------------------------------------

function show(message) {
  state.message = message;
  document.documentElement.lang = state.language;
  document.title = word("title", state.language);
  for (const element of document.querySelectorAll("[data-word]")) {
    element.textContent = word(element.dataset.word, state.language);
  }
  place("language").lang = LANGUAGES.find((each) => each !== state.language);
  place("message").textContent = message && word(message, state.language);
  place("report").hidden = !state.report;
  if (state.report) showReport(state.report);
  showAnchors();
}

function showReport({ result, checks, not_checked: notChecked }) {
  const { language } = state;
  const banner = place("banner");
  banner.className = `banner ${result}`;
  banner.replaceChildren(
    made("strong", "", word(result, language)),
    made("span", "", word(`${result}_text`, language)),
  );
  const subjects = new Map();
  for (const check of checks) subjects.set(check.subject, [...(subjects.get(check.subject) ?? []), check]);
  const shown = Array.from(subjects, ([subject, some]) => made("li", "", group(subject, some)));
  place("checks").replaceChildren(...shown);
  place("unchecked").replaceChildren(...notChecked.map((line) => made("li", "", reasonText(line, language))));
}

/** Return all checks of one subject, opened if any of them needs reading. */
function group(subject, checks) {
  const { language } = state;
  const worst = ["failed", "indeterminate", "passed"].find((result) => checks.some((check) => check.result === result));
  const badge = made("span", "badge", word(worst, language));
  const rows = checks.map((check) => {
    const reason = made("span", "reason", reasonText(check.reason, language));
    if (check.sub_indication) reason.append(" ", made("code", "", check.sub_indication));
    const answer = checks.length > 1 ? [made("span", "answer", word(check.result, language))] : [];
    return made("li", check.result, made("b", "", checkName(check.name, language)), ...answer, reason);
  });
  const list = made("ul", "rows", ...rows);
  if (checks.length === 1) return made("div", `card ${worst}`, made("p", "subject", badge, subject), list);
  const details = made("details", `card ${worst}`, made("summary", "subject", badge, subject), list);
  details.open = worst !== "passed";
  return details;
}

async function showAnchors() {
  const { anchors, language } = state;
  const count = anchors.seal.length + anchors.timestamp.length + anchors.log.length;
  place("trust-text").textContent = count && state.areOwn ? "" : word(count ? "trust_inside" : "trust_none", language);
  const certificate = async (kind, each) => [kind, each.name, hex(await sha256(each.encoded)).match(/..../g).join(" ")];
  const rows = await Promise.all([
    ...anchors.seal.map((each) => certificate("anchor_seal", each)),
    ...anchors.timestamp.map((each) => certificate("anchor_timestamp", each)),
    ...anchors.log.map((each) => ["anchor_log", each.name, each.written]),
  ]);
  const shown = rows.map(([kind, name, print]) =>
    made("li", "", made("b", "", word(kind, language)), " ", name, made("code", "print", print)),
  );
  place("anchors-list").replaceChildren(...shown);
}

// --- beginning ----------------------------------------------------------------------------------

function listen() {
  const zone = place("zone");
  for (const id of ["files", "folder"]) {
    const input = place(id);
    input.addEventListener("change", async () => {
      await take(fromInput(input));
      input.value = "";
    });
  }
  place("own-anchors").addEventListener("change", (event) => takeAnchors(event.target));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    zone.classList.add("over");
  });
  document.addEventListener("dragleave", () => zone.classList.remove("over"));
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("over");
    take(fromDrop(event.dataTransfer));
  });
  place("language").addEventListener("click", () => {
    state.language = LANGUAGES.find((each) => each !== state.language);
    show(state.message);
  });
}

async function begin() {
  state.anchors = await readAnchors();
  if (!globalThis.crypto?.subtle) {
    show("no_crypto");
    return;
  }
  listen();
  try {
    state.anchors = await readAnchors(JSON.parse(place("embedded").textContent));
    show("");
  } catch {
    show("anchors_bad");
  }
}

globalThis.lreVerifier = { Report, readAnchors, verifyExhibit, verifyFiles, ready: begin() };
