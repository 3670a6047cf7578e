/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sockets32: both ways of a 32-bit x86 program to a socket, without a C library.
 *
 *	gcc -m32 -nostdlib -static -fno-pie -no-pie -ffreestanding -fno-stack-protector -O1
 *
 * Prints one line per attempt: "socket 38 -97" or "socketcall 2 3": way, family, result.
 */
#define NR_WRITE 4
#define NR_EXIT 1
#define NR_SOCKET 359
#define NR_SOCKETCALL 102
#define CALL_SOCKET 1

static int call(int nr, int a, int b, int c)
{
	int r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(nr), "b"(a), "c"(b), "d"(c) : "memory");
	return r;
}

static char *put_text(char *p, const char *s)
{
	while (*s != '\0')
		*p++ = *s++;
	return p;
}

static char *put_number(char *p, int n)
{
	char digits[12];
	int len = 0;
	unsigned u = n < 0 ? -(unsigned)n : (unsigned)n;

	if (n < 0)
		*p++ = '-';
	do
		digits[len++] = (char)('0' + u % 10);
	while ((u /= 10) != 0);
	while (len > 0)
		*p++ = digits[--len];
	return p;
}

static void report(const char *way, int family, int result)
{
	char line[64], *p = put_text(line, way);

	*p++ = ' ';
	p = put_number(p, family);
	*p++ = ' ';
	p = put_number(p, result);
	*p++ = '\n';
	call(NR_WRITE, 1, (int)line, (int)(p - line));
}

__attribute__((noreturn, used)) void _start(void);

void _start(void)
{
	/* AF_INET, AF_ALG, AF_VSOCK; AF_ALG knows only SOCK_SEQPACKET (5). */
	static const int attempts[3][2] = { { 2, 1 }, { 38, 5 }, { 40, 1 } };

	for (int i = 0; i < 3; i++) {
		int args[3] = { attempts[i][0], attempts[i][1], 0 };

		report("socket", args[0], call(NR_SOCKET, args[0], args[1], 0));
		report("socketcall", args[0], call(NR_SOCKETCALL, CALL_SOCKET, (int)args, 0));
	}
	for (;;)
		call(NR_EXIT, 0, 0, 0);
}
