// Loaded before the program: on SIGUSR2 the wall clock is set by SHIFT_MS, forward and back by turns.
const now = Date.now;
let offset = 0;
Date.now = () => now() + offset;
process.on('SIGUSR2', () => {
  offset = offset === 0 ? Number(process.env.SHIFT_MS) : 0;
});
