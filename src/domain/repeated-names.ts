/** `Opted out`, `Opted out (2)`: a name that is there already gets a number. Blanks around a name do not make it another one. */
export function numberedNames(names: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const known = name.trim();
    const count = (seen.get(known) ?? 0) + 1;
    seen.set(known, count);
    return count === 1 || known === '' ? name : `${known} (${count})`;
  });
}
