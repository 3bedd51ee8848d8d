#!/usr/bin/env node
/**
 * The pictures in docs/images: npm run screenshots. A street, a browser in its home, and the page in the states that a
 * household may find it in. The day is painted (painted-day.ts); what the lines do meanwhile is real.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { stateDirectory } from '../lab/daemons.ts'
import { raiseStreet } from '../lab/lab.ts'
import { PROJECT } from '../lab/places.ts'
import { openBrowser, PAGE_URL, PHONE } from './browser.ts'
import { paintDay } from './painted-day.ts'

const IMAGES = join(PROJECT, 'docs', 'images')
const DESKTOP = { viewport: { width: 860, height: 1_060 }, deviceScaleFactor: 1 }
/** Where it is the evening that the day is painted to end in. */
const EVENING = eveningAt(new Date().getUTCHours())
/** Until the sparks show something. */
const SPARK_MS = 15_000
const SETTLED_MS = 3_000
const SMALL_PHONE = { ...PHONE, deviceScaleFactor: 1.5 }

mkdirSync(IMAGES, { recursive: true })
await using street = await raiseStreet({
  name: 'hyb-shots',
  cpe: { page: { password: 'for the picture' }, budget: { monthlyGigabytes: 20 } },
})
await using browser = await openBrowser(street.name)

await shoot(browser, 'page-empty', { ...SMALL_PHONE, colorScheme: 'light' }, (page) =>
  page.getByRole('heading', { name: 'The last day' }).waitFor(),
)
paintDay(join(stateDirectory(street.name, 'cpe'), 'cpe-day.json'), Date.now())
// What ends so writes no file of its own.
await street.restart('cpe', 'SIGKILL')

const download = ['curl', '-s', '-o', '/dev/null', 'http://198.51.100.10/bytes/4000000000']
const loading = street.spawn('home', download)
for (const colorScheme of ['light', 'dark'] as const) {
  await shoot(
    browser,
    `page-phone-${colorScheme}`,
    { ...SMALL_PHONE, colorScheme },
    async (page) => {
      await page.locator('.helps').getByText('now', { exact: true }).waitFor({ timeout: 90_000 })
      await pause(SPARK_MS)
    },
  )
}
loading.kill('SIGTERM')

await shoot(browser, 'page-desktop-light', { ...DESKTOP, colorScheme: 'light' }, async (page) => {
  await page.getByRole('button', { name: 'Test now' }).click()
  await page.getByText('Measured at').waitFor({ timeout: 120_000 })
  await page.getByRole('heading', { name: 'Your line' }).scrollIntoViewIfNeeded()
})
await shoot(browser, 'page-desktop-dark', { ...DESKTOP, colorScheme: 'dark' }, async (page) => {
  await page.getByText('Measured at').waitFor()
  await page.getByText('For whoever looks after the router').click()
  await page.getByText('Connections that are open now').scrollIntoViewIfNeeded()
})

// Somebody loads something, and unplugs the modem with the page open.
const stillLoading = street.spawn('home', download)
await shoot(browser, 'page-dsl-down', { ...SMALL_PHONE, colorScheme: 'light' }, async (page) => {
  await page.locator('.leg.dsl').getByText('works').waitFor({ timeout: 10_000 })
  await pause(SPARK_MS)
  await street.fail('dsl')
  await page.getByText('You are online over mobile').waitFor({ timeout: 10_000 })
  await pause(SPARK_MS)
})
stillLoading.kill('SIGTERM')
await street.fail('lte')
await shoot(browser, 'page-offline', { ...SMALL_PHONE, colorScheme: 'dark' }, async (page) => {
  await page.getByText('You are offline').waitFor({ timeout: 30_000 })
  await pause(SETTLED_MS)
})

/** A page of its own, in that state, from top to bottom. */
async function shoot(
  from: Browser,
  name: string,
  options: BrowserContextOptions,
  until: (page: Page) => Promise<unknown>,
): Promise<void> {
  const context = await from.newContext({ ...options, timezoneId: EVENING })
  const page = await context.newPage()
  await page.goto(PAGE_URL)
  await until(page)
  await page.screenshot({ path: join(IMAGES, `${name}.png`) })
  await context.close()
  console.log(`docs/images/${name}.png`)
}

/** The sign is POSIX's: west is positive. */
function eveningAt(utcHour: number): string {
  const east = ((21 - utcHour + 36) % 24) - 12
  return `Etc/GMT${east > 0 ? '-' : '+'}${Math.abs(east)}`
}
