// The people page: sign in and out, the own secret, and for supervisors the accounts.

import { askIn } from "../dialogs.js";
import { keep, make, say, show } from "../drawing.js";
import { onSend, read, send } from "../forms.js";
import "../frame.js";
import { lookAgain, withMe } from "../me.js";
import { t } from "../words.js";

const section = (name) => document.getElementById(name);
const account = section("account");
let chosen = null;
let me = null;

withMe((now) => {
  me = now;
  show(section("first"), me.first);
  show(section("sign-in"), !me.role && !me.first);
  show(section("own"), Boolean(me.role));
  show(section("own-must"), !me.own_secret);
  show(section("staff"), me.may.includes("people"));
  if (me.role) say(section("own-title"), `${me.shown} · ${t(`role.${me.role}`)} · ${me.name}`);
  if (me.may.includes("people")) drawStaff();
  if (!me.role) section(me.first ? "first" : "sign-in").querySelector("input").focus();
});

async function enter(answer, form) {
  if (!answer) return;
  form.reset();
  await lookAgain();
}

onSend(section("first").querySelector("form"), async (values, form) =>
  enter(await send("/api/people/first", values, t("people.make_first")), form));

onSend(section("sign-in").querySelector("form"), async (values, form) => {
  const answer = await send("/api/sign-in", values, t("people.sign_in"));
  if (!answer) form.secret.value = "";
  if (!answer) form.secret.focus();
  return enter(answer, form);
});

onSend(section("own").querySelector("form"), async (values, form) =>
  enter(await send("/api/me/secret", values, t("people.choose")), form));

section("sign-out").addEventListener("click", async () => {
  if (await send("/api/sign-out", {}, t("people.sign_out"))) await lookAgain();
});

onSend(section("add"), async (values, form) => {
  if (!(await send("/api/people", values, t("people.add")))) return;
  form.reset();
  await drawStaff();
});

async function drawStaff() {
  const people = await read("/api/people");
  if (people) keep(section("staff").querySelector("tbody"), people, (person) => person.name, drawPerson);
}

function drawPerson(person) {
  const standing = !person.active ? "people.ended" : person.own_secret ? "people.active" : "people.given";
  const cells = [person.name, person.shown, t(`role.${person.role}`), t(standing), t(person.badge ? "people.has_badge" : "people.no_badge")];
  const row = make("tr", "", ...cells.map((text) => make("td", "", text)));
  if (person.name === me.name) {
    row.append(make("td", "", t("people.yourself")));
    return row;
  }
  const change = make("button", "", t("people.change"));
  change.type = "button";
  change.dataset.focus = "change";
  change.setAttribute("aria-label", `${t("people.change")} ${person.shown}`);
  change.addEventListener("click", () => open(person));
  row.append(make("td", "", change));
  return row;
}

function open(person) {
  chosen = person;
  const form = account.querySelector("form");
  form.reset();
  form.role.value = person.role;
  show(section("code"), false);
  say(section("account-title"), `${person.shown} · ${person.name}`);
  say(form.querySelector("[value=active]"), t(person.active ? "people.end" : "people.renew"));
  askIn(account, () => {});
}

account.querySelector("[value=close]").addEventListener("click", () => account.close());
account.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { submitter, target: form } = event;
  const why = form.why.value;
  const bodies = {
    role: { role: form.role.value, why },
    active: { active: !chosen.active, why },
    secret: { secret: form.secret.value, why },
    badge: { why },
    "badge/end": { why },
  };
  const path = ["role", "active"].includes(submitter.value) ? "" : `/${submitter.value}`;
  const answer = await send(`/api/people/${chosen.name}${path}`, bodies[submitter.value], submitter.textContent);
  if (!answer) return;
  await drawStaff();
  if (!answer.code) return account.close();
  say(section("code"), answer.code);
  show(section("code"), true);
});
