/** k6 has a console, but @types/k6 leaves its type to the DOM library, which k6 does not have. */
declare const console: { error(text: string): void };
