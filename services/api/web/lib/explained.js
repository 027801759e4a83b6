// Which number is being explained: {path, params, value, unit, label, coverage}; null: none.

import { signal } from "../vendor/preact.js";

export const explained = signal(null);
