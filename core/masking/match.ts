/** These very bytes stand at the place, before `to`. */
export function startsWith(cell: Uint8Array, at: number, to: number, prefix: Uint8Array): boolean {
  if (at + prefix.length > to) return false;
  for (let i = 0; i < prefix.length; i++) if (cell[at + i] !== prefix[i]) return false;
  return true;
}
