/** A share for people: `97 %`. */
export function percent(share: number): string {
  return `${Math.round(100 * share)} %`
}
