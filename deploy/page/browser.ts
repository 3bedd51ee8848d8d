/**
 * A real browser in the home: Debian's Chromium, in the namespace of the street's home.
 */
import { fileURLToPath } from 'node:url'
import { type Browser, chromium } from 'playwright-core'
import { netnsOf, streetEnvironment } from '../lab/places.ts'

export function openBrowser(street: string): Promise<Browser> {
  const environment = Object.entries(streetEnvironment()).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  return chromium.launch({
    executablePath: fileURLToPath(new URL('chromium-in-netns', import.meta.url)),
    // Root has no sandbox, and a container may have a small /dev/shm.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
    env: {
      ...Object.fromEntries(environment),
      // Only the home's own network is there: what Chromium would look for elsewhere fails at once.
      HYBRIDGE_NETNS: netnsOf(street, 'home'),
    },
  })
}

/** Where the street's home finds the page. */
export const PAGE_URL = 'http://192.168.1.1:8806/'

/** As a telephone shows it. */
export const PHONE = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
} as const
