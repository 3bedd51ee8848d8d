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

/** A document of objects without a prototype. */
export interface Branch {
  [key: string]: unknown
}

/**
 * The way back: the document that has these values where their keys lead to. What is written over is gone; a key cannot
 * name what all objects have.
 */
export function documentOf(leaves: Iterable<readonly [key: string, value: unknown]>): Branch {
  const document = branch()
  for (const [key, value] of leaves) {
    const steps = key.split('.')
    const last = steps.pop() ?? ''
    let here = document
    for (const step of steps) {
      const below = here[step]
      if (typeof below !== 'object' || below === null) here[step] = branch()
      here = here[step] as Branch
    }
    here[last] = value
  }
  return document
}

function branch(): Branch {
  return Object.create(null) as Branch
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
