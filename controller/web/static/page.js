// The page: draws what the feed says, whenever it says something and once a second.

import { drawAlarms } from "./alarms.js";
import { drawCommands, drawState } from "./commands.js";
import { drawDevices, drawHeader } from "./devices.js";
import { Feed } from "./feed.js";
import { drawMessage } from "./message.js";
import { drawRejects } from "./rejects.js";
import { drawStations } from "./stations.js";

let drawn = null;

function draw(feed) {
  document.body.classList.toggle("old", feed.old);
  if (feed.snapshot || feed.old) drawMessage(feed);
  if (!feed.snapshot) return;
  if (!feed.old || feed.snapshot !== drawn) drawStations(feed.snapshot, feed.old ? 0 : feed.age);
  if (feed.snapshot === drawn) return;
  drawn = feed.snapshot;
  for (const part of [drawState, drawCommands, drawHeader, drawAlarms, drawRejects, drawDevices]) part(drawn);
}

new Feed(draw);
