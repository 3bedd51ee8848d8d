#!/usr/bin/env node
/**
 * `npm run dashboards [FOLDER]`: the dashboards as Grafana reads them, and the rules as Prometheus does.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { rulesFile } from '../prometheus/rules.ts'
import { allDashboards } from './dashboards.ts'

const command = new Command('npm run dashboards --')
  .description('Print the dashboards and the rules into a folder')
  .argument('[folder]', 'made when missing', 'build/monitoring')
  .parse()
const folder = String(command.processedArgs[0])
mkdirSync(join(folder, 'dashboards'), { recursive: true })
for (const [name, dashboard] of Object.entries(allDashboards())) {
  print(join(folder, 'dashboards', `${name}.json`), `${JSON.stringify(dashboard, undefined, 2)}\n`)
}
print(join(folder, 'hybridge.rules.yml'), rulesFile())

function print(file: string, text: string): void {
  writeFileSync(file, text)
  console.log(file)
}
