/** Tells whether two plans give a row the same meaning and the same route. */
import { hash } from 'node:crypto';
import type { Plan } from '../domain/plan.ts';
import { canonicalText } from './json-text.ts';

/** Lower-case hex SHA-256 of the plan, independent of key order. The route counts: a repeated row must take the one it took. */
export function planFingerprint(plan: Plan): string {
  return hash('sha256', canonicalText(plan), 'hex');
}
