/** `npm run faults`: shows what is lost when things go wrong. `npm run faults -- --help` lists the options. */
import { run } from './run'

void run(process.argv.slice(2), {
  say: (text) => process.stdout.write(text),
  tell: (text) => process.stderr.write(text),
}).then((exitCode) => {
  process.exitCode = exitCode
})
