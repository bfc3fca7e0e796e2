import { live, type Member } from '../harm/live.ts';
import type { Exception, Stack } from './exception.ts';
import { figure, isWorse } from './figure.ts';
import { MEASURES } from './measures.ts';

/** A row of the table: the sentence, the stack, the figures of ours and of a plain retry, and what to do instead. */
export interface Played {
  readonly cells: string[];
  readonly isWorse: boolean;
}

export async function playRow(exception: Exception): Promise<Played> {
  const { situation, ours, plain, instead = '', measure = MEASURES.success } = exception;
  const measured = await measuredBehind(exception, ours.client);
  const reference = await measuredBehind(exception, plain);
  const remedy = typeof instead === 'string' ? instead : await remedyOf(exception, instead);
  const cells = [situation, ours.text, figure(measured, measure), figure(reference, measure), remedy];
  return { cells, isWorse: isWorse(measured, reference, measure) };
}

async function remedyOf(exception: Exception, { text, client }: Stack): Promise<string> {
  return `${text}: ${figure(await measuredBehind(exception, client), exception.measure ?? MEASURES.success)}`;
}

/** What is measured in each of the runs. */
async function measuredBehind(exception: Exception, client: Member): Promise<number[]> {
  const { measure = MEASURES.success, seeds = 5 } = exception;
  const measured: number[] = [];
  for (let seed = 1; seed <= seeds; seed++) measured.push(measure.of(await live(exception, client, seed)));
  return measured;
}
