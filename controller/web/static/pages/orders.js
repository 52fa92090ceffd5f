// The orders page: what is open and until when, what to fetch, batches, bags, and every order.

import { confirmThen } from "../confirming.js";
import { keep, make, say, show } from "../drawing.js";
import { onSend, read, send } from "../forms.js";
import { follow } from "../frame.js";
import { withMe } from "../me.js";
import { language, t } from "../words.js";

const AGAIN_MS = 10000;
const PAGE = 100;
const part = (name) => document.getElementById(name);
const stamp = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short", hour12: false });
const clock = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { timeStyle: "short", hour12: false });
const when = (iso) => (iso ? stamp.format(new Date(iso)) : "–");
const product = (key) => t(`product.${key}`, {}, key);
let me = { may: [] };
let chosen = "";
let openBag = null;
let preferred = "";

const row = (...cells) => make("tr", "", ...cells.map((cell) => make("td", "", cell instanceof Node ? cell : String(cell))));
const may = (action) => me.may.includes(action);

withMe((now) => {
  me = now;
  drawAll();
});
follow(() => {}); // the frame's own parts
setInterval(drawNow, AGAIN_MS);

async function drawAll() {
  await Promise.all([drawNow(), drawOrders()]);
}

async function drawNow() {
  if (document.hidden) return;
  await Promise.all([drawBacklog(), drawBatches(), drawBags(), drawPicks()]);
}

async function drawBacklog() {
  const open = await read("/api/backlog");
  if (!open) return;
  const hours = (at) => Math.max(0, (new Date(at) - Date.now()) / 3600000);
  const cutOffs = open.cut_offs.map(({ at, open: count }) => {
    const short = Math.ceil(count - hours(at) * open.packed_an_hour);
    const told = short > 0 ? t("orders.short", { count: short }) : t("orders.enough");
    return { name: t("orders.cut_off", { at: clock.format(new Date(at)) }), value: t("orders.open_count", { count }), told, level: short > 0 ? 2 : 0 };
  });
  const all = [
    { name: t("orders.late"), value: open.late, told: "", level: open.late ? 2 : 0 },
    { name: t("orders.due_today"), value: open.due_today, told: "", level: 0 },
    { name: t("orders.an_hour"), value: open.packed_an_hour, told: "", level: 0 },
    ...cutOffs,
  ];
  keep(part("backlog"), all, (each) => each.name, ({ name, value, told, level }) => {
    const figure = make("div", "", make("dt", "", name), make("dd", "", String(value), make("small", "", told)));
    figure.dataset.level = level;
    return figure;
  });
  drawGroups(open.groups);
}

/** What is open of each product for each route. */
function drawGroups(groups) {
  const routes = [...new Set(groups.map((each) => each.route))].sort();
  const products = [...new Set(groups.map((each) => each.product))];
  const cell = (each) => {
    if (!each) return "–";
    const told = each.rejected ? make("small", "", ` ${t("orders.to_rework", { count: each.rejected })}`) : "";
    return make("span", "", make("b", "", String(each.waiting + each.under_way + each.rejected)), told);
  };
  part("routes").replaceChildren(make("tr", "", ...[t("orders.product"), ...routes.map((route) => route || t("orders.no_route"))].map((name) => make("th", "", name))));
  const rows = products.map((key) => row(product(key), ...routes.map((route) => cell(groups.find((each) => each.product === key && each.route === route)))));
  part("groups").replaceChildren(...rows);
}

async function drawBatches() {
  const batches = await read("/api/batches");
  if (!batches) return;
  const standing = batches.find((batch) => !batch.closed_at);
  say(part("batch-now"), standing ? `${t("orders.standing")}: ${standing.name}` : t("orders.no_batch"));
  show(part("open-batch"), may("plan") && !standing);
  show(part("close-batch"), may("plan") && Boolean(standing));
  keep(part("batches"), batches, (batch) => batch.batch, ({ batch, name, opened_at, closed_at, account: a }) =>
    row(`${batch} · ${name}`, `${a.ordered} = ${a.packed} + ${a.spoiled} + ${a.open}`, when(opened_at), closed_at ? when(closed_at) : t("orders.standing")));
}

async function drawBags() {
  const bags = await read("/api/bags");
  if (!bags) return;
  openBag = bags.find((bag) => bag.state === "open" && bag.parcels);
  show(part("close-bag"), may("operate") && Boolean(openBag));
  const things = bags.length ? bags : [{ bag: 0 }];
  keep(part("bags"), things, (bag) => bag.bag, (bag) => (bag.bag ? bagRow(bag) : row(t("orders.no_bags"))));
}

function bagRow({ bag, state, parcels, closed_at }) {
  const link = make("a", "", t("orders.manifest"));
  link.href = `/api/bags/${bag}/manifest.pdf?language=${language}`;
  link.download = "";
  const sheet = make("a", "", "CSV");
  sheet.href = `/api/bags/${bag}/manifest.csv`;
  sheet.download = "";
  const named = [t("orders.bag", { bag }), t(`bag_state.${state}`, {}, state), when(closed_at)];
  if (state === "frozen") return row(named[0], t("orders.to_count"), named[1], named[2], "", ""); // whoever counts must not know
  return row(named[0], t("orders.parcels", { count: parcels }), named[1], named[2], link, sheet);
}

part("close-bag").addEventListener("click", () => {
  const { bag, parcels } = openBag;
  confirmThen({ title: t("orders.close_bag"), text: t("orders.close_bag_text", { bag, count: parcels }), yes: t("orders.close_bag") },
    async () => (await send("/api/bags/close", {}, t("orders.close_bag"))) && drawBags());
});

async function drawPicks() {
  if (!may("pick")) return keep(part("picks"), ["none"], (one) => one, () => row(t("orders.pick_sign_in")));
  const picks = await read("/api/pick-list");
  if (!picks) return;
  const things = picks.length ? picks : [{ item: 0 }];
  keep(part("picks"), things, (pick) => pick.item, (pick) => (pick.item ? pickRow(pick) : row(t("orders.pick_none"))));
}

function pickRow({ carrier, acceptance, product: key, parts }) {
  const list = make("span", "", parts.map((each) => `${each.role} ${each.number || each.code}`).join(" · "));
  return row(`${t("orders.carrier")} ${carrier}`, acceptance, product(key), list);
}

onSend(part("open-batch"), async (values, form) => {
  if (!(await send("/api/batches", values, t("orders.open_batch")))) return;
  form.reset();
  await drawAll();
});

onSend(part("close-batch"), async (values, form) => {
  if (!(await send("/api/batches/close", values, t("orders.close_batch")))) return;
  form.reset();
  await drawAll();
});

async function drawOrders(after = "") {
  const answer = await read(`/api/orders?limit=${PAGE}&state=${chosen}&after=${after}`.replace("&state=&", "&"));
  if (!answer) return;
  const rows = answer.orders.map(orderRow);
  if (after) part("orders").append(...rows);
  else part("orders").replaceChildren(...(rows.length ? rows : [row(t("orders.none"))]));
  show(part("more"), Boolean(answer.next));
  part("more").onclick = () => drawOrders(answer.next);
  for (const button of part("states").children) button.setAttribute("aria-pressed", button.dataset.state === chosen);
}

function orderRow(order) {
  const link = make("a", "", t("orders.trace"));
  link.href = `/trace?order=${order.acceptance}`;
  const doing = make("span", "", link);
  if (may("plan") && order.state === "waiting") {
    const button = make("button", "", t("orders.set_priority"));
    button.type = "button";
    button.addEventListener("click", () => prefer(order));
    doing.append(button);
  }
  const cells = row(order.acceptance, product(order.product), when(order.due), order.priority, order.route,
    t(`order_state.${order.state}`, {}, order.state), order.attempt, doing);
  cells.dataset.late = new Date(order.due) < Date.now() && !["packed", "cancelled"].includes(order.state);
  return cells;
}

part("states").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  chosen = button.dataset.state;
  drawOrders();
});

function prefer({ acceptance, priority }) {
  preferred = acceptance;
  const dialog = part("prefer");
  say(part("prefer-title"), `${t("orders.set_priority")} · ${acceptance}`);
  dialog.querySelector("[name=priority]").value = priority;
  dialog.showModal();
}

part("prefer").querySelector("[value=close]").addEventListener("click", () => part("prefer").close());
onSend(part("prefer").querySelector("form"), async ({ priority, why }, form) => {
  if (!(await send(`/api/orders/${preferred}/priority`, { priority: Number(priority), why }, t("orders.set_priority")))) return;
  form.reset();
  part("prefer").close();
  await drawOrders();
});
