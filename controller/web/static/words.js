// The page's words in its language. The catalogue comes from the server; nothing is translated here.

const AGAIN_MS = 1000;
export const language = document.documentElement.dataset.language;
const catalogue = await load();

/** Without words there is no page but Hold: ask until they come. */
async function load() {
  for (;;) {
    const answer = await fetch(`/texts/${language}.json`).catch(() => null);
    if (answer?.ok) return answer.json();
    await new Promise((again) => setTimeout(again, AGAIN_MS));
  }
}

/** The text of `key` with its {names} filled; `fallback` (else the key) where a code is new to this page. */
export function t(key, values = {}, fallback = key) {
  const text = catalogue[key] ?? fallback;
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "–");
}

/** Whichever of the line's own two texts is in the page's language. */
export const own = (view, name = "text") => (language === "zh" ? view[`${name}_zh`] : view[name]);

/** What people call a device or a zone. */
export const nameOf = (id) => t(`name.${id}`, {}, id);

export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 100) return t("time.seconds", { s });
  if (s < 6000) return t("time.minutes", { m: Math.floor(s / 60), s: s % 60 });
  return t("time.hours", { h: Math.floor(s / 3600), m: Math.floor(s / 60) % 60 });
}

const clock = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", { timeStyle: "medium", hour12: false });

const moments = new Intl.DateTimeFormat(language === "zh" ? "zh-CN" : "en-GB", {
  month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});

/** A stamp with its day, for what lies further back. */
export function moment(iso) {
  const at = new Date(iso);
  return Number.isNaN(at.getTime()) ? "–" : moments.format(at);
}

export function timeOfDay(iso) {
  const moment = new Date(iso);
  return Number.isNaN(moment.getTime()) ? "–" : clock.format(moment);
}
