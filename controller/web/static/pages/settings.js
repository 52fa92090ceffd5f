// The settings page: two versions side by side, one's proposal, another's approval.

import { make, say, show } from "../drawing.js";
import { onSend, read, send } from "../forms.js";
import "../frame.js";
import { withMe } from "../me.js";
import { language, t } from "../words.js";

const part = (name) => document.getElementById(name);
const stamp = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short", hour12: false });
const when = (iso) => (iso ? stamp.format(new Date(iso)) : "–");
let me = { may: [] };
let known = { plant: [], versions: [] };
let waiting = null;

withMe((now) => {
  me = now;
  draw();
});

async function draw() {
  const found = await read("/api/settings");
  if (!found) return;
  known = found;
  waiting = known.versions.find(({ state }) => state === "proposed" || state === "approved") ?? null;
  const used = known.versions.find(({ state }) => state === "effective")?.version ?? 0;
  options(part("left"), used);
  options(part("right"), waiting?.version ?? used);
  drawWaiting();
  drawRows();
  part("versions").replaceChildren(...known.versions.map(versionRow));
}

function options(select, chosen) {
  const numbers = [0, ...known.versions.map(({ version }) => version)];
  select.replaceChildren(...numbers.map((number) => {
    const option = make("option", "", nameOf(number));
    option.value = number;
    return option;
  }));
  select.value = chosen;
}

function nameOf(number) {
  const version = known.versions.find((each) => each.version === number);
  return version ? `${number} · ${t(`settings.state_${version.state}`)}` : t("settings.plant");
}

function drawWaiting() {
  show(part("waiting"), Boolean(waiting));
  if (!waiting) return;
  say(part("waiting-title"), `${t("settings.version")} ${waiting.version}: ${t(`settings.state_${waiting.state}`)}`);
  say(part("waiting-why"), `${waiting.proposed_by} · ${when(waiting.proposed_at)} · ${waiting.why}`);
  show(part("approve"), waiting.state === "proposed" && me.may.includes("approve") && waiting.proposed_by !== me.name);
  show(part("withdraw"), me.may.includes("propose"));
}

const overlay = (number) => known.versions.find(({ version }) => version === number)?.overlay ?? {};
const short = (value) => String(Math.round(value * 1000) / 1000);

function drawRows() {
  const left = overlay(Number(part("left").value));
  const right = overlay(Number(part("right").value));
  say(part("left-head"), nameOf(Number(part("left").value)));
  say(part("right-head"), nameOf(Number(part("right").value)));
  const mine = known.plant.filter(({ product }) => product === part("product").value);
  part("rows").replaceChildren(...mine.map((setting) => {
    const values = [left, right].map((over) => over[setting.path] ?? setting.value);
    const bounds = `${setting.least ?? ""} … ${setting.most ?? ""}`;
    const cells = [t(`setting.${setting.name}`, {}, setting.name), bounds, ...values.map(short)];
    const row = make("tr", "", ...cells.map((cell) => make("td", "", cell)), make("td", "new", field(setting)));
    row.dataset.differs = values[0] !== values[1];
    return row;
  }));
  const may = me.may.includes("propose") && !waiting;
  for (const each of document.querySelectorAll(".new")) show(each, may);
}

function field({ path, least, most, name }) {
  const input = make("input");
  input.type = "number";
  input.step = "any";
  input.name = path;
  if (least !== null) input.min = least;
  if (most !== null) input.max = most;
  input.setAttribute("aria-label", `${t("settings.new")} ${t(`setting.${name}`, {}, name)}`);
  return input;
}

function versionRow(each) {
  const cells = [each.version, t(`settings.state_${each.state}`), `${each.proposed_by} · ${when(each.proposed_at)}`, each.approved_by || "–", when(each.effective_at), each.why];
  return make("tr", "", ...cells.map((cell) => make("td", "", String(cell))));
}

for (const name of ["product", "left", "right"]) part(name).addEventListener("change", drawRows);

onSend(part("propose"), async ({ why, ...values }, form) => {
  const changes = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "").map(([path, value]) => [path, Number(value)]));
  if (!(await send("/api/settings", { changes, why }, t("settings.propose")))) return;
  form.reset();
  await draw();
});

part("approve").addEventListener("click", async () => {
  if (await send(`/api/settings/${waiting.version}/approve`, {}, t("settings.approve"))) await draw();
});

onSend(part("withdraw"), async (values, form) => {
  if (!(await send(`/api/settings/${waiting.version}/withdraw`, values, t("settings.withdraw")))) return;
  form.reset();
  await draw();
});
