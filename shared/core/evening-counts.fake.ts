/**
 * What the eyes of both ends have counted in an interval of a painted evening: bytes, and looks at which it was so.
 */
export type Counts = ReturnType<typeof newCounts>

export function newCounts() {
  const both = () => ({ down: 0, up: 0 })
  return {
    carried: { dsl: both(), lte: both() },
    helped: both(),
    held: both(),
    served: both(),
    refused: both(),
    up: { dsl: 0, lte: 0 },
  }
}
