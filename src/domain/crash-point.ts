/**
 * Places at which a dying process hurts most. In the product they do nothing. A test that kills the process there puts a
 * function under this symbol before the program starts (`node --import`); no flag, file or variable that the program
 * reads leads here.
 */
export type CrashPoint =
  | 'run created'
  | 'before intents'
  | 'after intents'
  | 'before bytes'
  | 'after answer'
  | 'before settling'
  | 'in settling'
  | 'after settling'
  | 'before checkpoint'
  | 'in checkpoint'
  | 'after checkpoint'
  | 'before finish'
  | 'after finish'
  | 'in migration'
  | 'after migration'
  | 'spool opened'
  | 'spool written'
  | 'spool complete'
  | 'spool marked'
  | 'spool half removed'
  | 'in retry settling'
  | 'in corrections'
  | 'corrections stored'
  | 'cleanup swept';

const installed: unknown = Reflect.get(globalThis, Symbol.for('cio-bulk.crash-point'));

/** Says that the program has come to this place. */
export function crashPoint(point: CrashPoint): void {
  if (typeof installed === 'function') installed(point);
}
