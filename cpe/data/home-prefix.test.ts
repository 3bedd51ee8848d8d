import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderPrefix } from './home-prefix.ts'

// What the table does to packets is shown by deploy/lab/tunnel-homes.lab.test.ts, on a real kernel.

test('only what others send into the tunnel, and only IPv6, gets the prefix', () => {
  const table = renderPrefix('hybridge0', '2001:db8:f00:7::/64')
  assert.match(
    table,
    /oifname "hybridge0" meta nfproto ipv6 fib saddr type != local snat ip6 prefix to 2001:db8:f00:7::\/64\n/,
  )
  assert.match(table, /^table inet hybridge_prefix\ndelete table inet hybridge_prefix\n/)
})
