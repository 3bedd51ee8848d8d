/**
 * Which keys a schema knows, and where: for sentences about unknown ones, and for the test that the
 * examples leave none out.
 */
import { z } from 'zod'

export type Path = readonly (string | number)[]

/** The keys of the mapping at `path`; none where the schema has no mapping. */
export function keysAt(schema: z.core.$ZodType, path: Path): string[] {
  let here: z.core.$ZodType | undefined = inner(schema)
  for (const step of path) {
    if (here instanceof z.ZodObject && typeof step === 'string') here = here.shape[step]
    else if (here instanceof z.ZodArray) here = here.element
    else return []
    if (here === undefined) return []
    here = inner(here)
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : []
}

/** `schema` without its default and its optionality. */
export function bare(schema: z.core.$ZodType): z.core.$ZodType {
  const wrapped =
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodReadonly
  return wrapped ? bare(schema.unwrap()) : schema
}

/** Also without what is done to its value. */
function inner(schema: z.core.$ZodType): z.core.$ZodType {
  const here = bare(schema)
  if (!(here instanceof z.ZodPipe)) return here
  // Of what is changed before it is read, the schema is behind.
  return inner(here.in instanceof z.ZodTransform ? here.out : here.in)
}
