// Loaded before the program and its threads: the wall clock is off by CIO_BULK_TEST_SHIFT_MS from the start.
const now = Date.now;
const shiftMs = Number(process.env['CIO_BULK_TEST_SHIFT_MS']);
Date.now = () => now() + shiftMs;
