/**
 * Service classes as an operator writes them (core/service-class.ts).
 */
import { z } from 'zod'
import { SERVICE_CLASSES } from '../core/service-class.ts'
import { prefix } from './address.ts'
import { list, PORT_MAX } from './bounds.ts'
import { mustBeText, wrong } from './must.ts'

export function classesSection() {
  const rule = z.strictObject({
    class: serviceClass(),
    /** Destinations; without any: all. */
    to: list(prefix(), 0, PREFIXES_MAX, 'prefixes').default([]),
    /** Destination ports; without any: all. */
    ports: list(ports(), 0, PORTS_MAX, 'ports').default([]),
  })
  return z
    .strictObject({
      /** Of what no rule fits. Default overflow. */
      default: serviceClass().default('overflow'),
      /** The first that fits decides. Default none. */
      rules: list(rule, 0, RULES_MAX, 'rules').default([]),
    })
    .prefault({})
}

function serviceClass() {
  const names = `${SERVICE_CLASSES.slice(0, -1).join(', ')} or ${SERVICE_CLASSES.at(-1)}`
  return z.enum(SERVICE_CLASSES, { error: mustBeText(names) })
}

/** A number, or a range such as `8000-8100`. */
function ports() {
  return z.unknown().transform((value, context) => {
    const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value)) ?? []
    const from = Number(first)
    const to = Number(last ?? first)
    const written = typeof value === 'number' || typeof value === 'string'
    if (written && from >= 1 && from <= to && to <= PORT_MAX) return { from, to }
    context.addIssue({ code: 'custom', message: wrong(PORTS, value) })
    return z.NEVER
  })
}

const PORTS = `a port from 1 to ${PORT_MAX} or a range such as 8000-8100`
/** They are tried one after the other for each connection that the LAN opens. */
const RULES_MAX = 100
const PREFIXES_MAX = 100
const PORTS_MAX = 32
