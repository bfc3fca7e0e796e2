import { getCollection } from 'astro:content';
import { sections } from '../site.ts';

/** All pages but decisions, as one text. */
export async function GET(): Promise<Response> {
  const pages = new Map((await getCollection('docs')).map((page) => [page.id, page]));
  const slugs = sections.filter(({ title }) => title !== 'Decisions').flatMap((section) => section.slugs);
  const texts = slugs.map((slug) => `# ${pages.get(slug)!.data.title}\n\n${pages.get(slug)!.body?.trim()}\n`);
  return new Response(texts.join('\n'));
}
