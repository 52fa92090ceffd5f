// Rejects: each with its picture, and the way to rework.

import { follow } from "../frame.js";
import { drawRejects } from "../reject_list.js";

follow(drawRejects);
