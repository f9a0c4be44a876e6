"""The models of model/ written in Python's torch: same names, same numbers.

A checkpoint of Anneal's model loads into its twin, and the other way round.
Under the same seed a twin draws the same initial weights.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F


def mlp(widths, activation='ReLU'):
    """MLP."""
    layers = []
    for n_in, n_out in zip(widths, widths[1:]):
        layers += [nn.Linear(n_in, n_out), getattr(nn, activation)()]
    return nn.Sequential(*layers[:-1])


class LeNet(nn.Module):

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 6, 5, padding=2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, num_classes)

    def forward(self, x):
        x = F.max_pool2d(F.relu(self.conv1(x)), 2)
        x = F.max_pool2d(F.relu(self.conv2(x)), 2)
        x = F.relu(self.fc1(x.flatten(1)))
        return self.fc3(F.relu(self.fc2(x)))


class Attention(nn.Module):

    def __init__(self, n_embd, n_head, dropout, bias):
        super().__init__()
        self.n_head = n_head
        self.dropout = dropout
        self.c_attn = nn.Linear(n_embd, 3 * n_embd, bias=bias)
        self.c_proj = nn.Linear(n_embd, n_embd, bias=bias)

    def forward(self, x):
        n, t, c = x.shape
        q, k, v = (y.view(n, t, self.n_head, -1).transpose(1, 2)
                   for y in self.c_attn(x).split(c, 2))
        y = F.scaled_dot_product_attention(
            q, k, v, dropout_p=self.dropout if self.training else 0,
            is_causal=True)
        y = self.c_proj(y.transpose(1, 2).reshape(n, t, c))
        return F.dropout(y, self.dropout, self.training)


class FeedForward(nn.Module):

    def __init__(self, n_embd, dropout, bias):
        super().__init__()
        self.dropout = dropout
        self.c_fc = nn.Linear(n_embd, 4 * n_embd, bias=bias)
        self.c_proj = nn.Linear(4 * n_embd, n_embd, bias=bias)

    def forward(self, x):
        x = self.c_proj(F.gelu(self.c_fc(x)))
        return F.dropout(x, self.dropout, self.training)


class Block(nn.Module):

    def __init__(self, n_embd, n_head, dropout, bias):
        super().__init__()
        self.ln_1 = nn.LayerNorm(n_embd, bias=bias)
        self.attn = Attention(n_embd, n_head, dropout, bias)
        self.ln_2 = nn.LayerNorm(n_embd, bias=bias)
        self.mlp = FeedForward(n_embd, dropout, bias)

    def forward(self, x):
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT(nn.Module):

    def __init__(self, vocab_size, block_size, n_layer=4, n_head=4,
                 n_embd=128, dropout=0.0, bias=True,
                 tie_word_embeddings=True):
        super().__init__()
        self.block_size = block_size
        self.dropout = dropout
        # The layers' own initialisation is replaced below.
        with torch.random.fork_rng():
            self.transformer = nn.ModuleDict({
                'wte': nn.Embedding(vocab_size, n_embd),
                'wpe': nn.Embedding(block_size, n_embd),
                'h': nn.ModuleList([
                    Block(n_embd, n_head, dropout, bias)
                    for _ in range(n_layer)
                ]),
                'ln_f': nn.LayerNorm(n_embd, bias=bias),
            })
            self.lm_head = nn.Linear(n_embd, vocab_size, bias=False)
        if tie_word_embeddings:
            self.lm_head.weight = self.transformer.wte.weight
        residual_std = 0.02 / math.sqrt(2 * n_layer)
        for name, parameter in self.named_parameters():
            if parameter.dim() == 2:
                is_residual = name.endswith('c_proj.weight')
                nn.init.normal_(parameter, 0,
                                residual_std if is_residual else 0.02)
            elif name.endswith('bias'):
                nn.init.zeros_(parameter)

    def forward(self, tokens):
        positions = torch.arange(tokens.shape[1])
        x = self.transformer.wte(tokens) + self.transformer.wpe(positions)
        x = F.dropout(x, self.dropout, self.training)
        for block in self.transformer.h:
            x = block(x)
        return self.lm_head(self.transformer.ln_f(x))

    @torch.no_grad()
    def generate(self, tokens, max_new_tokens, temperature=1.0, top_k=0):
        for _ in range(max_new_tokens):
            scores = self(tokens[:, -self.block_size:])[:, -1] / temperature
            if top_k:
                least = scores.topk(top_k).values[:, -1:]
                scores[scores < least] = -math.inf
            drawn = torch.multinomial(F.softmax(scores, 1), 1)
            tokens = torch.cat([tokens, drawn], 1)
        return tokens
