// The overview: stations, commands, counters, what stands against the line.

import { drawAlarms } from "../alarm_list.js";
import { drawDevices } from "../device_list.js";
import { say } from "../drawing.js";
import { follow } from "../frame.js";
import { drawRejects } from "../reject_list.js";
import { language } from "../words.js";
import { drawCommands } from "./commands.js";
import { drawStations } from "./stations.js";

function drawCounters({ counters }) {
  for (const figure of document.querySelectorAll("[data-counter]")) say(figure, counters[figure.dataset.counter]);
  document.querySelector('[data-name="late"]').dataset.abnormal = counters.late > 0;
}

function drawEscape({ escape }) {
  say(document.getElementById("escape"), language === "zh" ? escape.text_zh : escape.text);
}

follow((snapshot, feed) => drawStations(snapshot, feed.old ? 0 : feed.age), { everySecond: true });
follow((snapshot) => drawAlarms(snapshot));
for (const draw of [drawCommands, drawCounters, drawEscape, drawRejects, drawDevices]) follow(draw);
