import { formatLink, sceneOf } from './src/model/link.ts';

const code = process.argv[2]!;
const scene = sceneOf(
  { server: { kind: 'bucket', rate: 20, burst: 5 }, load: { kind: 'open', perSecond: 40, lasts: 4_000 }, seed: 3 },
  [],
);
process.stdout.write(await formatLink({ scene, code }));
