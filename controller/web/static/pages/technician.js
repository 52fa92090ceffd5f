// The technician: devices and their links.

import { drawDevices } from "../device_list.js";
import { follow } from "../frame.js";

follow(drawDevices);
