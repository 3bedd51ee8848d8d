/**
 * A LAN that opens connections and fills them: `node joined-client.ts HOST PORT CONNECTIONS BYTES`.
 *
 * Each sends BYTES to an echo server and stays open when they are back. `{"echoed":N}` when all are, or
 * when PATIENCE_MS is over; the end of stdin closes them.
 */
import { connect, type Socket } from 'node:net'

const [host = '', port, connections, bytes] = process.argv.slice(2)
const sockets: Socket[] = []
let echoed = 0

const PATIENCE_MS = 30_000
const overdue = setTimeout(tell, PATIENCE_MS)
for (let i = 0; i < Number(connections); i++) sockets.push(open())
process.stdin.on('end', () => process.exit(0)).resume()

function open(): Socket {
  let got = 0
  const socket = connect(Number(port), host)
  socket.on('data', (piece) => {
    got += piece.length
    if (got === Number(bytes)) echoed++
    if (echoed === Number(connections)) tell()
  })
  // One that breaks has not echoed, and that is what is told.
  socket.on('error', () => socket.destroy())
  socket.write(Buffer.alloc(Number(bytes)))
  return socket
}

function tell(): void {
  clearTimeout(overdue)
  process.stdout.write(`${JSON.stringify({ echoed })}\n`)
}
