// The camera of the identification pages: opens it, hints, takes a picture or a film, and sends it by
// the page's own form. Whatever does not work here leads to that form, which needs no script.
import { judge } from "./identity_frames.js";
import { complain, send } from "./identity_send.js";

const LOOK_EVERY_MS = 400;
const SIDE_MAX = 2400;
const QUALITY = 0.9;
const VIDEO_BITS = 1_500_000;
const KINDS = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];

const start = (section) => {
  const words = JSON.parse(section.dataset.words);
  const challenge = JSON.parse(section.dataset.challenge);
  const form = document.getElementById(section.dataset.form);
  const isFilm = section.dataset.kind === "film";
  const limit = Number(section.dataset.limit);
  const seconds = Number(section.dataset.seconds);
  const find = (selector) => section.querySelector(selector);
  const [stage, video, still] = [find(".identity-stage"), find("video"), find("canvas")];
  const [toDo, hint, progress, buttons] = [find(".identity-do"), find(".identity-hint"), find("progress"), find(".identity-buttons")];
  const small = document.createElement("canvas");
  let facing = section.dataset.facing;
  let stream = null;
  let looking = 0;
  let last = "";
  let played = "";
  let busy = false;

  const say = (text) => { if (hint.textContent !== text) { hint.textContent = text; } };
  const offer = (...pairs) => {
    buttons.replaceChildren(...pairs.map(([name, act, quiet]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = words[name];
      button.className = quiet ? "quiet" : "";
      button.addEventListener("click", act);
      return button;
    }));
  };
  const focusFirst = () => buttons.querySelector("button")?.focus();
  const upload = form.closest("details");
  const toFile = () => { upload.open = true; document.getElementById("picture").focus({ preventScroll: true }); };

  const close = () => {
    window.clearInterval(looking);
    stream?.getTracks().forEach((track) => track.stop());
    stream = null;
    video.srcObject = null;
  };
  const forget = () => {
    if (played) { URL.revokeObjectURL(played); played = ""; }
    video.removeAttribute("src");
    video.controls = false;
    video.muted = true;
  };

  const fail = (name) => {
    close();
    stage.hidden = true;
    say(words[name] ?? words.other);
    offer(["open", open]);
    toFile();
  };
  const reason = () => {
    if (!window.isSecureContext) { return "insecure"; }
    if (!navigator.mediaDevices?.getUserMedia) { return "in_app"; }
    return isFilm && !window.MediaRecorder ? "no_film" : "";
  };

  // The same hint twice in a row is said: a hand that trembles shall not make a reader chatter.
  const look = () => {
    const seen = judge(video, small);
    if (seen && seen === last) { say(words[isFilm && words[`${seen}_face`] ? `${seen}_face` : seen]); }
    last = seen;
  };

  const ask = (audio) => navigator.mediaDevices.getUserMedia({
    audio,
    video: { facingMode: { ideal: facing }, width: { ideal: isFilm ? 1280 : 1920 }, height: { ideal: isFilm ? 720 : 1080 } },
  });
  const askQuietly = async () => {
    if (!isFilm) { return ask(false); }
    try {
      return await ask(true);
    } catch (error) {
      // Without a microphone, or without leave for it: digits can be shown with fingers.
      const silent = await ask(false);
      silent.silent = error.name;
      return silent;
    }
  };

  async function open() {
    const why = reason();
    if (why) { fail(why); return; }
    close();
    forget();
    say(words.starting);
    buttons.replaceChildren();
    try {
      stream = await askQuietly();
    } catch (error) {
      const known = { OverconstrainedError: "NotFoundError", SecurityError: "NotAllowedError", AbortError: "NotReadableError" };
      fail(known[error.name] ?? error.name);
      return;
    }
    upload.open = false;
    stage.hidden = false;
    still.hidden = true;
    video.hidden = false;
    section.classList.toggle("mirrored", facing === "user");
    video.srcObject = stream;
    await video.play().catch(() => {});
    if (stream === null) { return; }
    last = "";
    looking = window.setInterval(look, LOOK_EVERY_MS);
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((one) => one.kind === "videoinput");
    const more = cameras.length > 1 ? [["switch", turn, true]] : [];
    offer([isFilm ? "film" : "take", isFilm ? film : take], ...more, ["stop", stop, true]);
    say(stream.silent ? words.silent : "");
    focusFirst();
  }

  function turn() {
    facing = facing === "user" ? "environment" : "user";
    open();
  }

  function stop() {
    close();
    forget();
    stage.hidden = true;
    upload.open = true;
    say("");
    offer(["open", open]);
    focusFirst();
  }

  function take() {
    const scale = Math.min(1, SIDE_MAX / Math.max(video.videoWidth, video.videoHeight));
    still.width = Math.round(video.videoWidth * scale);
    still.height = Math.round(video.videoHeight * scale);
    still.getContext("2d").drawImage(video, 0, 0, still.width, still.height);
    close();
    video.hidden = true;
    still.hidden = false;
    section.classList.remove("mirrored");
    say(words.taken);
    still.toBlob((blob) => {
      offer(["use", () => deliver(blob, "picture.jpg")], ["retake", open, true]);
      focusFirst();
    }, "image/jpeg", QUALITY);
  }

  function film() {
    window.clearInterval(looking);
    const kind = KINDS.find((each) => MediaRecorder.isTypeSupported(each)) ?? "";
    let recorder;
    try {
      recorder = new MediaRecorder(stream, { mimeType: kind, videoBitsPerSecond: VIDEO_BITS });
    } catch {
      fail("no_film");
      return;
    }
    const pieces = [];
    const began = Date.now();
    let at = 0;
    let counted = 0;
    const end = () => {
      window.clearInterval(counted);
      if (recorder.state !== "inactive") { recorder.stop(); }
    };
    const show = () => {
      toDo.hidden = false;
      toDo.textContent = challenge[at];
      const isLast = at === challenge.length - 1;
      offer([isLast ? "finish" : "next", isLast ? end : () => { at += 1; show(); }]);
      focusFirst();
    };
    recorder.addEventListener("dataavailable", (event) => { if (event.data.size) { pieces.push(event.data); } });
    recorder.addEventListener("stop", () => {
      window.clearInterval(counted);
      toDo.hidden = true;
      if (stream === null) { return; }
      const blob = new Blob(pieces, { type: (recorder.mimeType || kind).split(";")[0] });
      close();
      review(blob);
    });
    recorder.start(1000);
    hint.removeAttribute("aria-live");
    const count = () => {
      const left = seconds - Math.floor((Date.now() - began) / 1000);
      say(words.left.replace("{n}", Math.max(0, left)));
      if (left <= 0) { end(); }
    };
    counted = window.setInterval(count, 500);
    count();
    show();
  }

  function review(blob) {
    hint.setAttribute("aria-live", "polite");
    section.classList.remove("mirrored");
    if (blob.size > limit) {
      say(words.too_long);
      offer(["retake", open]);
      focusFirst();
      return;
    }
    played = URL.createObjectURL(blob);
    video.src = played;
    video.controls = true;
    video.muted = false;
    say(words.filmed);
    offer(["use", () => deliver(blob, `film.${blob.type.endsWith("mp4") ? "mp4" : "webm"}`)], ["retake", open, true]);
    focusFirst();
  }

  async function deliver(blob, name) {
    const held = [...buttons.querySelectorAll("button")];
    held.forEach((button) => { button.disabled = true; });
    busy = true;
    progress.value = 0;
    progress.hidden = false;
    say(words.sending);
    try {
      const onward = await send(form, blob, name, (done) => { progress.value = done; });
      busy = false;
      forget();
      // The same address with another anchor would not load: what was received must show.
      if (onward.split("#")[0] === window.location.href.split("#")[0]) { window.location.reload(); return; }
      window.location.assign(onward);
    } catch (told) {
      busy = false;
      progress.hidden = true;
      held.forEach((button) => { button.disabled = false; });
      say("");
      complain(section, words.problem, typeof told === "string" && told ? told : words.lost);
    }
  }

  window.addEventListener("beforeunload", (event) => { if (busy) { event.preventDefault(); } });
  window.addEventListener("pagehide", () => { close(); });
  document.addEventListener("visibilitychange", () => { if (document.hidden && stream && !toDo.hidden) { stop(); toDo.hidden = true; } });
  section.hidden = false;
  offer(["open", open]);
  const why = reason();
  if (why) { say(words[why]); buttons.replaceChildren(); }
};

document.querySelectorAll(".identity-camera").forEach(start);
