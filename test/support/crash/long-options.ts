/** An option of scripts/long-run.js, or its default. */
export function longOption(name: string, fallback: number): number {
  return Number(process.env[`LONG_${name.toUpperCase()}`] ?? fallback);
}
