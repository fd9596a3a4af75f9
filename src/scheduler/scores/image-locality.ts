import { maxScore, type ScorePlugin } from '../framework.ts';
import { imageName } from '../node-info.ts';

const mebibyte = 1 << 20;
const least = 23 * mebibyte;
const mostPerContainer = 1000 * mebibyte;

/** Prefers nodes that have large images of the pod already; images that few nodes have count less, lest those nodes be crowded. */
export const imageLocality: ScorePlugin = {
  name: 'ImageLocality',
  weight: 1,
  prepare({ pod }, { snapshot }) {
    const { containers = [], initContainers = [] } = pod.spec ?? {};
    const all = [...initContainers, ...containers];
    const total = snapshot.nodes.length;
    const images = all
      .map(({ image }) => imageName(image ?? ''))
      .map(name => ({ name, spread: snapshot.nodesWithImage(name) / total }))
      .filter(({ spread }) => spread > 0);
    if (images.length === 0) return undefined;
    const most = mostPerContainer * all.length;
    return {
      score({ imageSizes }) {
        let sum = 0;
        for (const { name, spread } of images) sum += Math.trunc((imageSizes.get(name) ?? 0) * spread);
        const held = Math.min(Math.max(sum, least), most);
        return Math.trunc((maxScore * (held - least)) / (most - least));
      },
    };
  },
};
