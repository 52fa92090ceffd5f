// The trace page: one look-up, then the whole story of what it led to.

import { make, say, show } from "../drawing.js";
import { onSend, read, send } from "../forms.js";
import { drawCycle } from "../cycle_curve.js";
import "../frame.js";
import { withMe } from "../me.js";
import { isLive, voidNumber } from "../voiding.js";
import { language, nameOf, t } from "../words.js";
import { drawGauge } from "../gauge.js";

let me = { may: [] };
let story = null;
const part = (name) => document.getElementById(name);
const stamp = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "medium", hour12: false });
const when = (iso) => (iso ? stamp.format(new Date(iso)) : "–");
withMe((now) => {
  me = now;
  drawNumbers();
});

onSend(part("look"), async ({ key }) => {
  show(part("story"), false);
  const found = await send("/api/trace", { key });
  if (!found) return;
  const choices = found.map(({ acceptance }) => choice(acceptance));
  part("found").replaceChildren(...(found.length > 1 ? [make("p", "", t("trace.found", { count: found.length })), ...choices] : []));
  if (found.length === 1) await tell(found[0].acceptance);
});

function choice(acceptance) {
  const button = make("button", "", acceptance);
  button.type = "button";
  button.addEventListener("click", () => tell(acceptance));
  return button;
}

async function tell(acceptance) {
  const told = await read(`/api/trace/${acceptance}`);
  if (!told) return;
  story = told;
  const product = t(`product.${story.product}`, {}, story.product);
  say(part("summary").querySelector("h2"), story.acceptance);
  say(part("summary").querySelector("p"), `${product} · ${t(`order_state.${story.state}`, {}, story.state)} · ${t("dossier.due")} ${when(story.due)}`);
  part("dossier").href = `/api/trace/${acceptance}/dossier.pdf?language=${language}`;
  part("attempts").replaceChildren(...story.items.map(attempt));
  drawNumbers();
  part("parts").replaceChildren(...story.parts.map((each) =>
    row(each.told[language], each.code, each.number || "–", t(`part_state.${each.state}`, {}, each.state), each.item ?? "–")));
  part("cycles").replaceChildren(...(story.cycles.length ? story.cycles.map(cycle) : [make("p", "nothing", t("trace.no_cycles"))]));
  const pictures = story.evidence.filter((each) => each.picture);
  part("pictures").replaceChildren(...(pictures.length ? pictures.map(picture) : [make("p", "nothing", t("trace.no_pictures"))]));
  part("entries").replaceChildren(...story.entries.map(entry));
  show(part("story"), true);
}

/** Anew, too, when who is signed in is known: a supervisor may void one. */
function drawNumbers() {
  const numbers = Object.entries(story?.mail_numbers ?? {});
  part("numbers").replaceChildren(...numbers.map(([number, state]) => mailNumber(number, state, story.acceptance)));
}

const row = (...cells) => make("tr", "", ...cells.map((cell) => make("td", "", String(cell))));

function attempt(item) {
  const outcome = t(`outcome.${item.outcome ?? "under_way"}`, {}, item.outcome ?? "");
  const reason = item.reason ? t(`reason.${item.reason}`, {}, item.reason) : "–";
  return row(item.attempt, item.item, item.carrier, item.mail_number ?? "–", outcome, reason, when(item.called_at), when(item.ended_at));
}

function mailNumber(number, state, acceptance) {
  const line = make("li", "", make("span", "", `${t("dossier.mail_number")} ${number}: ${t(`mail_state.${state}`, {}, state)}`));
  if (!isLive(state) || !me.may.includes("void")) return line;
  const button = make("button", "", t("void.title"));
  button.type = "button";
  button.addEventListener("click", () => voidNumber(number, acceptance, () => tell(acceptance)));
  line.append(button);
  return line;
}

function cycle(each) {
  const words = `${nameOf(each.sealer)} · ${when(each.at)} · ${t(`result.${each.result}`, {}, each.result)} · ${t("dossier.item")} ${each.item}`;
  const gauges = each.gauges.map((gauge) => drawGauge({ ...gauge, name: t(gauge.name) }));
  return make("figure", "", make("figcaption", "", words), ...gauges, curve(each));
}

function curve({ curve: kept, gauges, measured }) {
  const limits = Object.fromEntries(gauges.map((gauge) => [gauge.name, gauge]));
  const [heat, force] = [limits["dossier.temperature"], limits["dossier.force"]];
  if (!kept?.force_n.length || !heat || !force) return make("p", "nothing", t("trace.no_curve"));
  return drawCycle({
    plots: [
      { ...heat, name: t(heat.name), values: kept.temperature_dc.map((each) => each / 10) },
      { ...force, name: t(force.name), values: kept.force_n },
    ],
    step: kept.step_ms,
    band: [kept.pressed_ms, kept.pressed_ms + measured.dwell_ms],
    label: t("trace.curve", { hottest: Math.max(...kept.temperature_dc) / 10, force: Math.max(...kept.force_n) }),
    time: "ms",
  });
}

function picture(each) {
  const image = make("img");
  const failed = each.checks.filter((check) => check.outcome !== "accept").map((check) => t(`check.${check.name}`, {}, check.name));
  const words = [nameOf(each.station), nameOf(each.camera), t(`judged.${each.outcome}`, {}, each.outcome), ...failed].join(" · ");
  image.alt = words;
  image.loading = "lazy";
  image.src = `/api/evidence/${each.picture}`;
  image.addEventListener("error", () => image.replaceWith(make("p", "nothing", t("trace.picture_gone"))));
  const figure = make("figure", "", image, make("figcaption", "", `${words} · ${when(each.taken_at)}`));
  figure.dataset.outcome = each.outcome;
  return figure;
}

function entry(each) {
  const line = make("li", "", make("time", "", when(each.at)), make("b", "", t(`kind.${each.kind}`, {}, each.kind)), make("span", "", each.told[language]));
  line.dataset.kind = each.kind;
  return line;
}

const asked = new URLSearchParams(location.search).get("order");
if (window.pressedEarly.includes(part("look"))) part("look").requestSubmit();
else if (asked && /^[A-Za-z0-9-]{1,40}$/.test(asked)) tell(asked);
