/**
 * The values of a JSON document by the keys that lead to them: `overflow.trialS`. Lists are values.
 */
export function leavesOf(document: object, above = ''): Map<string, unknown> {
  const leaves = new Map<string, unknown>()
  for (const [key, value] of Object.entries(document) as [string, unknown][]) {
    const name = above === '' ? key : `${above}.${key}`
    if (!isMapping(value)) leaves.set(name, value)
    else for (const [inner, leaf] of leavesOf(value, name)) leaves.set(inner, leaf)
  }
  return leaves
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
