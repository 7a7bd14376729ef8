#!/usr/bin/env -S node --
// Without the -- Node.js 20 would take --env-file for a flag of its own.
import { main } from '../dist/cli.js';

await main();
