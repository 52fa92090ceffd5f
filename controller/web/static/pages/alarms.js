// The alarms page: what stands and what to do about it.

import { drawAlarms } from "../alarm_list.js";
import { follow } from "../frame.js";

follow(drawAlarms);
