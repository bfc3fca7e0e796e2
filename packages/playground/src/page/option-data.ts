import type { OptionField } from 'steadfetch/options';

/** An option as a form shows it, with its docstring. Without `max`: no bound. */
export interface FormOption extends OptionField {
  readonly about?: string;
}

/** The option tables of the packages as data, and all names that code can use. */
export interface OptionData {
  readonly names: readonly string[];
  readonly options: Readonly<Record<string, readonly FormOption[]>>;
}

/** Inserted when the page is built. */
declare const OPTION_DATA: OptionData;

export const optionData: OptionData = OPTION_DATA;
