/** What a command says: JSON for programs, else text for people. */
export function show(json: true | undefined, answer: unknown, text: () => string): void {
  console.log(json ? JSON.stringify(answer, undefined, 2) : text())
}

/** The option of every command that shows something. */
export interface Json {
  readonly json?: true
}
export const JSON_HELP = 'as JSON, for programs'
