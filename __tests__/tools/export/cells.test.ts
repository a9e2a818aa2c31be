import { cellOf } from '../../../tools/export/cells'
import { writeWhole } from '../../../tools/export/rows'

it.each<[string, string, string | undefined]>([
  ['a plain text', 'a; b', 'a; b'],
  ['a telephone number', '+44 (20) 7946-0018', '+44 (20) 7946-0018'],
  ['two telephone numbers', '+44 20; -44 (20)', '+44 20; -44 (20)'],
  ['a name', '@ada', '@ada'],
  ['a formula', '=1+1', undefined],
  ['a formula behind a semicolon', 'ada;=HYPERLINK("https://example.org")', undefined],
  ['a formula behind a tab', 'ada\t=1+1', undefined],
  ['a formula behind a line break', 'ada\n=1+1', undefined],
  ['a formula behind a carriage return', 'ada\r@SUM(A1)', undefined],
  ['a command behind a semicolon and blanks', "ada;  -2+3+cmd|' /C calc'!A0", undefined],
])('the cell of %s', (_, text, cell) => {
  expect(cellOf(text)).toBe(cell)
})

describe('what is written of a page', () => {
  it('is all of it, even if the disk takes it in parts', async () => {
    const disk = Buffer.alloc(20)
    const file = {
      write: (bytes: Buffer, offset: number, length: number, position: number) => {
        const bytesWritten = bytes.copy(disk, position, offset, offset + Math.min(length, 3))
        return Promise.resolve({ bytesWritten, buffer: bytes })
      },
    }
    await writeWhole(file as Parameters<typeof writeWhole>[0], Buffer.from('ten bytes!'), 5)
    expect(disk.toString('utf8', 5, 15)).toBe('ten bytes!')
  })

  it('is an error if the disk takes nothing', async () => {
    const file = { write: (bytes: Buffer) => Promise.resolve({ bytesWritten: 0, buffer: bytes }) }
    await expect(writeWhole(file as Parameters<typeof writeWhole>[0], Buffer.from('x'), 0)).rejects.toMatchObject({
      syscall: 'write',
    })
  })
})
