/** A line of a bench's table: the first cell to the left, the others to the right. */
export function row(...cells: string[]): void {
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(36) : cell.padStart(12))).join(''))
}
