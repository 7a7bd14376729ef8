import { expect, it } from 'vitest';
import { isSpreadsheetLoss } from '../../../src/jobs/spreadsheet-loss.ts';

it.for([
  ['00123', '123'],
  ['0', '00'],
  ['+4930123', '4930123'],
  ['120000', '1.20E+05'],
  ['120000', '1,20E+05'],
  ['1e5', '100000'],
  ['1.10', '1.1'],
  ['123456789012', '1.23457E+11'],
  ['123456789012', '1.23E+11'],
  ['1234567890123456789', '1234567890123450000'],
] as const)('%s that became %s was a number to a spreadsheet', ([before, after]) => {
  expect(isSpreadsheetLoss(before, after)).toBe(true);
});

it.for([
  ['00123', '00123'],
  ['00123', '124'],
  ['7', '8'],
  ['abc', '123'],
  ['123', 'abc'],
  ['', '0'],
  ['0', ''],
  ['1234567890123456789', '1234567890123456780'],
  ['120000', '1.30E+05'],
  ['ann@example.com', 'ann@example.org'],
] as const)('%s that became %s was changed by a person, or not at all', ([before, after]) => {
  expect(isSpreadsheetLoss(before, after)).toBe(false);
});
