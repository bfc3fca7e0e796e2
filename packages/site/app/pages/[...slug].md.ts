import { getCollection } from 'astro:content';
import type { APIContext } from 'astro';

/** Each page as Markdown, at its own address with `.md` in place of the last slash. */
export async function getStaticPaths() {
  return (await getCollection('docs')).map((page) => ({ params: { slug: page.id }, props: { page } }));
}

export function GET({ props }: APIContext<{ page: { data: { title: string }; body?: string } }>): Response {
  const { data, body } = props.page;
  return new Response(`# ${data.title}\n\n${body ?? ''}`);
}
