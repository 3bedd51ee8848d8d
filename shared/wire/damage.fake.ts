/**
 * Bytes as nobody should send them: cut short, bent in places, with lengths that lie.
 */
import { mulberry32 } from '../core/chance.fake.ts'

/** `rounds` damaged copies of `whole`, the same ones for the same seed. */
export function* damaged(whole: Uint8Array, rounds: number, seed: number): Generator<Uint8Array> {
  const random = mulberry32(seed)
  for (let round = 0; round < rounds; round++) {
    const bytes = whole.slice(0, Math.ceil(random() * whole.length))
    for (let bends = Math.floor(random() * 4); bends > 0; bends--) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256)
    }
    yield bytes
  }
}
